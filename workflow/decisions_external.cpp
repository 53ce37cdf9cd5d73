#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"
#include "workflow/decision_checks.hpp"
#include "workflow/decisions.hpp"
#include "workflow/retry.hpp"

namespace cadenza::workflow {

namespace {

/// A timeout of a child: the parent's own when the decision leaves it out.
void set_timeout(google::protobuf::Duration& out, const google::protobuf::Duration& wanted, std::int32_t inherited_s) {
  const auto seconds = seconds_of(wanted);
  set_seconds(out, seconds > 0 ? seconds : inherited_s);
}

api::ParentClosePolicy close_policy(api::ParentClosePolicy wanted, const rules& limits) {
  if (!limits.parent_close_policy_enabled)
    return api::PARENT_CLOSE_POLICY_ABANDON;
  // Old clients do not know the field.
  return wanted == api::PARENT_CLOSE_POLICY_INVALID ? api::PARENT_CLOSE_POLICY_TERMINATE : wanted;
}

} // namespace

outcome<void> decision_handler::check(const api::StartChildWorkflowExecutionDecisionAttributes& d,
                                      const domain_view& target) const {
  const auto& env = tx_.env();
  const auto& limits = *env.limits;
  CADENZA_TRY(check_cross_domain(env, target));
  if (d.workflow_id().empty())
    return bad_request("Required field WorkflowID is not set on decision.");
  if (d.workflow_type().name().empty())
    return bad_request("Required field WorkflowType is not set on decision.");
  CADENZA_TRY(check_length(tx_.env(), d.domain(), "Domain", limits.lengths.domain));
  CADENZA_TRY(check_length(tx_.env(), d.workflow_id(), "WorkflowId", limits.lengths.workflow_id));
  CADENZA_TRY(check_length(tx_.env(), d.workflow_type().name(), "WorkflowType", limits.lengths.workflow_type));
  CADENZA_TRY(validate_retry_policy(d.has_retry_policy() ? &d.retry_policy() : nullptr));
  CADENZA_TRY(check_cron(d.cron_schedule(), tx_.now()));
  if (target.id != env.domain->id && (target.global() || env.domain->global()))
    return bad_request("The child workflow is trying to use domain " + target.id.str() +
                       " but it's running in domain " + env.domain->id.str() +
                       ". Cross-cluster and cross domain child workflows are not supported for global domains");
  return {};
}

outcome<void> decision_handler::on(const api::StartChildWorkflowExecutionDecisionAttributes& d) {
  constexpr auto bad_child = api::DECISION_TASK_FAILED_CAUSE_BAD_START_CHILD_EXECUTION_ATTRIBUTES;
  const auto& limits = *tx_.env().limits;
  const auto& fixed = tx_.state().fixed();
  const auto target = target_domain(tx_.env(), d.domain(), "Unable to schedule child execution across domain ");
  if (!target)
    return target.error();
  CADENZA_TRY(checked(check(d, **target), bad_child));
  if (stopped_)
    return {};
  note_length(tx_.env(), d.task_list().name(), "TaskList");
  const auto list = decision_task_list(tx_.state(), d.task_list(), limits);
  if (!list)
    return reject(bad_child, list.error().message);
  if (too_large(d.input().data().size(), "StartChildWorkflowExecutionDecisionAttributes.Input"))
    return {};

  api::HistoryEvent e;
  auto& a = *e.mutable_start_child_workflow_execution_initiated_event_attributes();
  a.set_domain((*target)->name);
  a.set_workflow_id(d.workflow_id());
  *a.mutable_workflow_type() = d.workflow_type();
  *a.mutable_task_list() = *list;
  if (d.has_input())
    *a.mutable_input() = d.input();
  set_timeout(*a.mutable_execution_start_to_close_timeout(), d.execution_start_to_close_timeout(),
              fixed.execution_timeout_s());
  set_timeout(*a.mutable_task_start_to_close_timeout(), d.task_start_to_close_timeout(), fixed.decision_timeout_s());
  a.set_parent_close_policy(close_policy(d.parent_close_policy(), limits));
  a.set_control(d.control());
  a.set_decision_task_completed_event_id(completed_id_);
  a.set_workflow_id_reuse_policy(d.workflow_id_reuse_policy());
  if (d.has_retry_policy()) {
    *a.mutable_retry_policy() = d.retry_policy();
    normalize_retry_policy(*a.mutable_retry_policy());
  }
  a.set_cron_schedule(d.cron_schedule());
  a.set_cron_overlap_policy(d.cron_overlap_policy());
  if (d.has_header())
    *a.mutable_header() = d.header();
  if (d.has_memo())
    *a.mutable_memo() = d.memo();
  if (d.has_search_attributes())
    *a.mutable_search_attributes() = d.search_attributes();
  if (d.has_active_cluster_selection_policy())
    *a.mutable_active_cluster_selection_policy() = d.active_cluster_selection_policy();
  const auto initiated_id = tx_.add(std::move(e)).event_id();
  CADENZA_ASSERT(tx_.state().children().contains(initiated_id), "a child that is to be started is pending");

  auto& task = tx_.add_transfer(rec::TRANSFER_START_CHILD);
  task.set_initiated_id(initiated_id);
  task.set_target_domain_id((*target)->id.raw());
  task.set_target_workflow_id(d.workflow_id());
  task.set_task_list(fixed.task_list());
  return {};
}

outcome<void> decision_handler::check(const api::SignalExternalWorkflowExecutionDecisionAttributes& d,
                                      const domain_view& target) const {
  const auto& limits = *tx_.env().limits;
  CADENZA_TRY(check_cross_domain(tx_.env(), target));
  if (!d.has_workflow_execution())
    return bad_request("Execution is nil on decision.");
  if (d.workflow_execution().workflow_id().empty())
    return bad_request("WorkflowId is not set on decision.");
  CADENZA_TRY(check_length(tx_.env(), d.domain(), "Domain", limits.lengths.domain));
  CADENZA_TRY(check_length(tx_.env(), d.workflow_execution().workflow_id(), "WorkflowId", limits.lengths.workflow_id));
  CADENZA_TRY(check_run_id(d.workflow_execution().run_id()));
  if (d.signal_name().empty())
    return bad_request("SignalName is not set on decision.");
  return check_length(tx_.env(), d.signal_name(), "SignalName", limits.lengths.signal_name);
}

outcome<void> decision_handler::on(const api::SignalExternalWorkflowExecutionDecisionAttributes& d) {
  const auto target = target_domain(tx_.env(), d.domain(), "Unable to signal workflow across domain: ");
  if (!target)
    return target.error();
  CADENZA_TRY(checked(check(d, **target), api::DECISION_TASK_FAILED_CAUSE_BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES));
  if (stopped_ || too_large(d.input().data().size(), "SignalExternalWorkflowExecutionDecisionAttributes.Input"))
    return {};
  api::HistoryEvent e;
  auto& a = *e.mutable_signal_external_workflow_execution_initiated_event_attributes();
  a.set_decision_task_completed_event_id(completed_id_);
  a.set_domain(d.domain());
  *a.mutable_workflow_execution() = d.workflow_execution();
  a.set_signal_name(d.signal_name());
  if (d.has_input())
    *a.mutable_input() = d.input();
  a.set_control(d.control());
  a.set_child_workflow_only(d.child_workflow_only());
  const auto initiated_id = tx_.add(std::move(e)).event_id();
  CADENZA_ASSERT(tx_.state().signals().contains(initiated_id), "a signal that is to be sent is pending");

  auto& task = tx_.add_transfer(rec::TRANSFER_SIGNAL_EXTERNAL);
  task.set_initiated_id(initiated_id);
  task.set_target_domain_id((*target)->id.raw());
  task.set_target_workflow_id(d.workflow_execution().workflow_id());
  task.set_target_run_id(d.workflow_execution().run_id());
  task.set_child_only(d.child_workflow_only());
  task.set_task_list(tx_.state().fixed().task_list());
  return {};
}

outcome<void> decision_handler::check(const api::RequestCancelExternalWorkflowExecutionDecisionAttributes& d,
                                      const domain_view& target) const {
  const auto& limits = *tx_.env().limits;
  CADENZA_TRY(check_cross_domain(tx_.env(), target));
  if (d.workflow_execution().workflow_id().empty())
    return bad_request("WorkflowId is not set on decision.");
  CADENZA_TRY(check_length(tx_.env(), d.domain(), "Domain", limits.lengths.domain));
  CADENZA_TRY(check_length(tx_.env(), d.workflow_execution().workflow_id(), "WorkflowId", limits.lengths.workflow_id));
  return check_run_id(d.workflow_execution().run_id());
}

outcome<void> decision_handler::on(const api::RequestCancelExternalWorkflowExecutionDecisionAttributes& d) {
  const auto target = target_domain(tx_.env(), d.domain(), "Unable to cancel workflow across domain: ");
  if (!target)
    return target.error();
  CADENZA_TRY(checked(check(d, **target),
                      api::DECISION_TASK_FAILED_CAUSE_BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES));
  if (stopped_)
    return {};
  api::HistoryEvent e;
  auto& a = *e.mutable_request_cancel_external_workflow_execution_initiated_event_attributes();
  a.set_decision_task_completed_event_id(completed_id_);
  a.set_domain(d.domain());
  *a.mutable_workflow_execution() = d.workflow_execution();
  a.set_control(d.control());
  a.set_child_workflow_only(d.child_workflow_only());
  const auto initiated_id = tx_.add(std::move(e)).event_id();
  CADENZA_ASSERT(tx_.state().cancel_requests().contains(initiated_id),
                 "a cancel request that is to be sent is pending");

  auto& task = tx_.add_transfer(rec::TRANSFER_CANCEL_EXTERNAL);
  task.set_initiated_id(initiated_id);
  task.set_target_domain_id((*target)->id.raw());
  task.set_target_workflow_id(d.workflow_execution().workflow_id());
  task.set_target_run_id(d.workflow_execution().run_id());
  task.set_child_only(d.child_workflow_only());
  task.set_task_list(tx_.state().fixed().task_list());
  return {};
}

} // namespace cadenza::workflow
