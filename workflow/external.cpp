#include "workflow/external.hpp"

#include "messages/invariant.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/missing.hpp"

namespace cadenza::workflow {

namespace {

constexpr auto unknown_signal_target =
    api::SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION;
constexpr auto unknown_cancel_target =
    api::CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION;

/// The domain's name; its id when it has been deleted meanwhile.
std::string domain_name(const environment& env, const uuid& id) {
  if (id == env.domain->id)
    return env.domain->name;
  const auto found = env.domains->find(id);
  return found != nullptr ? found->name : id.str();
}

/// The name of the domain that an initiated event is about.
const std::string& named_domain(const environment& env, const std::string& in_event) {
  return in_event.empty() ? env.domain->name : in_event;
}

bool targets_itself(const run& r, const rec::TransferTask& task) {
  return task.target_domain_id() == task.domain_id() && task.target_workflow_id() == r.key().workflow_id;
}

external_origin origin_of(const run& r, const rec::TransferTask& task) {
  return {r.key().workflow_id, r.key().run_id.str(), task.initiated_id(), task.child_only()};
}

/// The pending child if it still waits for its start to be recorded; null: stale.
const rec::PendingChild* unstarted_child(const run& r, std::int64_t initiated_id) {
  if (!r.open())
    return nullptr;
  const auto* child = r.children().find(initiated_id);
  return child != nullptr && child->started_id() == no_event_id ? child : nullptr;
}

const api::StartChildWorkflowExecutionInitiatedEventAttributes& child_of(const api::HistoryEvent& initiated) {
  CADENZA_ASSERT(initiated.has_start_child_workflow_execution_initiated_event_attributes(),
                 "a pending child stands under the event that asked for it");
  return initiated.start_child_workflow_execution_initiated_event_attributes();
}

const api::SignalExternalWorkflowExecutionInitiatedEventAttributes& signal_of(const api::HistoryEvent& initiated) {
  CADENZA_ASSERT(initiated.has_signal_external_workflow_execution_initiated_event_attributes(),
                 "a pending signal stands under the event that asked for it");
  return initiated.signal_external_workflow_execution_initiated_event_attributes();
}

const api::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes&
cancel_of(const api::HistoryEvent& initiated) {
  CADENZA_ASSERT(initiated.has_request_cancel_external_workflow_execution_initiated_event_attributes(),
                 "a pending cancel request stands under the event that asked for it");
  return initiated.request_cancel_external_workflow_execution_initiated_event_attributes();
}

api::StartWorkflowExecutionRequest child_request(const rec::PendingChild& child, const rec::RunFixed& parent,
                                                 const std::string& domain,
                                                 const api::StartChildWorkflowExecutionInitiatedEventAttributes& a) {
  api::StartWorkflowExecutionRequest request;
  request.set_domain(domain);
  request.set_workflow_id(a.workflow_id());
  *request.mutable_workflow_type() = a.workflow_type();
  *request.mutable_task_list() = a.task_list();
  if (a.has_input())
    *request.mutable_input() = a.input();
  *request.mutable_execution_start_to_close_timeout() = a.execution_start_to_close_timeout();
  *request.mutable_task_start_to_close_timeout() = a.task_start_to_close_timeout();
  request.set_request_id(child.create_request_id());
  request.set_workflow_id_reuse_policy(a.workflow_id_reuse_policy());
  if (a.has_retry_policy())
    *request.mutable_retry_policy() = a.retry_policy();
  request.set_cron_schedule(a.cron_schedule());
  request.set_cron_overlap_policy(a.cron_overlap_policy());
  if (a.has_memo())
    *request.mutable_memo() = a.memo();
  if (a.has_search_attributes())
    *request.mutable_search_attributes() = a.search_attributes();
  if (a.has_header())
    *request.mutable_header() = a.header();
  if (a.has_delay_start())
    *request.mutable_delay_start() = a.delay_start();
  if (a.has_jitter_start())
    *request.mutable_jitter_start() = a.jitter_start();
  if (a.has_first_run_at())
    *request.mutable_first_run_at() = a.first_run_at();
  // A child lives where its parent lives, whatever the decision said.
  if (parent.has_active_cluster_policy())
    *request.mutable_active_cluster_selection_policy() = parent.active_cluster_policy();
  return request;
}

} // namespace

outcome<std::optional<child_start>> plan_child_start(transaction& tx, const rec::TransferTask& task) {
  using answer = std::optional<child_start>;
  const auto& r = tx.state();
  const auto* child = r.children().find(task.initiated_id());
  if (child == nullptr || child->version() != task.version())
    return answer();
  const bool started = child->started_id() != no_event_id;
  // Once the parent is closed only an abandoned child goes on; for the others the close policy speaks.
  if (!r.open() && (!started || child->parent_close_policy() != api::PARENT_CLOSE_POLICY_ABANDON))
    return answer();
  child_start start;
  start.domain_id = uuid::from_raw(child->domain_id());
  start.domain = domain_name(tx.env(), start.domain_id);
  start.request.set_workflow_id(child->started_workflow_id());
  start.parent = {r.key().domain_id, tx.env().domain->name, r.key().workflow_id, r.key().run_id.str(),
                  child->initiated_id()};
  if (started) {
    start.already_started = true;
    start.started_run_id = child->started_run_id();
    return answer(std::move(start));
  }
  const auto* initiated = tx.event(child->initiated_id(), child->initiated_batch_id());
  if (initiated == nullptr)
    return event_not_at_hand();
  start.request = child_request(*child, r.fixed(), start.domain, child_of(*initiated));
  start.partition_config.insert(r.fixed().partition_config().begin(), r.fixed().partition_config().end());
  return answer(std::move(start));
}

outcome<std::optional<external_signal>> plan_external_signal(transaction& tx, const rec::TransferTask& task) {
  using answer = std::optional<external_signal>;
  const auto& r = tx.state();
  const auto* pending = r.signals().find(task.initiated_id());
  if (!r.open() || pending == nullptr || pending->version() != task.version())
    return answer();
  external_signal out;
  out.domain_id = uuid::from_raw(task.target_domain_id());
  out.domain = domain_name(tx.env(), out.domain_id);
  out.workflow_id = task.target_workflow_id();
  out.run_id = task.target_run_id();
  out.input.name = pending->name();
  if (pending->has_input())
    out.input.input = pending->input();
  if (!pending->control().empty())
    out.input.control = pending->control();
  out.input.identity = history_identity;
  out.input.request_id = pending->signal_request_id();
  out.input.to_current = out.run_id.empty();
  out.input.origin = origin_of(r, task);
  out.to_itself = targets_itself(r, task);
  return answer(std::move(out));
}

outcome<std::optional<external_cancel>> plan_external_cancel(transaction& tx, const rec::TransferTask& task) {
  using answer = std::optional<external_cancel>;
  const auto& r = tx.state();
  const auto* pending = r.cancel_requests().find(task.initiated_id());
  if (!r.open() || pending == nullptr || pending->version() != task.version())
    return answer();
  external_cancel out;
  out.domain_id = uuid::from_raw(task.target_domain_id());
  out.domain = domain_name(tx.env(), out.domain_id);
  out.workflow_id = task.target_workflow_id();
  out.run_id = task.target_run_id();
  out.input.identity = history_identity;
  out.input.request_id = pending->cancel_request_id();
  out.input.to_current = out.run_id.empty();
  out.input.origin = origin_of(r, task);
  out.to_itself = targets_itself(r, task);
  return answer(std::move(out));
}

outcome<bool> child_started(transaction& tx, std::int64_t initiated_id, const std::string& run_id) {
  const auto* child = unstarted_child(tx.state(), initiated_id);
  if (child == nullptr)
    return false;
  const auto* initiated = tx.event(initiated_id, child->initiated_batch_id());
  if (initiated == nullptr)
    return event_not_at_hand();
  const auto& from = child_of(*initiated);
  api::HistoryEvent e;
  auto& a = *e.mutable_child_workflow_execution_started_event_attributes();
  a.set_domain(named_domain(tx.env(), from.domain()));
  a.mutable_workflow_execution()->set_workflow_id(from.workflow_id());
  a.mutable_workflow_execution()->set_run_id(run_id);
  *a.mutable_workflow_type() = from.workflow_type();
  a.set_initiated_event_id(initiated_id);
  if (from.has_header())
    *a.mutable_header() = from.header();
  tx.add(std::move(e));
  schedule_decision_if_none(tx);
  return true;
}

outcome<bool> child_start_failed(transaction& tx, std::int64_t initiated_id,
                                 api::ChildWorkflowExecutionFailedCause cause) {
  const auto* child = unstarted_child(tx.state(), initiated_id);
  if (child == nullptr)
    return false;
  const auto* initiated = tx.event(initiated_id, child->initiated_batch_id());
  if (initiated == nullptr)
    return event_not_at_hand();
  const auto& from = child_of(*initiated);
  api::HistoryEvent e;
  auto& a = *e.mutable_start_child_workflow_execution_failed_event_attributes();
  a.set_domain(named_domain(tx.env(), from.domain()));
  a.set_workflow_id(from.workflow_id());
  *a.mutable_workflow_type() = from.workflow_type();
  a.set_cause(cause);
  a.set_control(from.control());
  a.set_initiated_event_id(initiated_id);
  a.set_decision_task_completed_event_id(from.decision_task_completed_event_id());
  tx.add(std::move(e));
  schedule_decision_if_none(tx);
  return true;
}

outcome<bool> child_closed(transaction& tx, std::int64_t initiated_id, const std::string& workflow_id,
                           const std::string& run_id, const api::HistoryEvent& close_event) {
  const auto& r = tx.state();
  if (!r.open())
    return not_exists("workflow execution already completed");
  const auto* child = r.children().find(initiated_id);
  if (child == nullptr)
    return not_exists("Pending child execution not found.");
  if (child->started_id() == no_event_id)
    return unavailable("The start of the child execution is not recorded yet.");
  if (child->started_workflow_id() != workflow_id)
    return not_exists("Pending child execution workflowID mismatch.");

  const auto describe = [&](auto& a) {
    a.set_domain(child->domain().empty() ? domain_name(tx.env(), uuid::from_raw(child->domain_id())) : child->domain());
    a.mutable_workflow_execution()->set_workflow_id(workflow_id);
    a.mutable_workflow_execution()->set_run_id(run_id);
    a.mutable_workflow_type()->set_name(child->type());
    a.set_initiated_event_id(initiated_id);
    a.set_started_event_id(child->started_id());
  };
  api::HistoryEvent e;
  switch (close_event.attributes_case()) {
  case api::HistoryEvent::kWorkflowExecutionCompletedEventAttributes: {
    const auto& from = close_event.workflow_execution_completed_event_attributes();
    auto& a = *e.mutable_child_workflow_execution_completed_event_attributes();
    describe(a);
    if (from.has_result())
      *a.mutable_result() = from.result();
    break;
  }
  case api::HistoryEvent::kWorkflowExecutionFailedEventAttributes: {
    const auto& from = close_event.workflow_execution_failed_event_attributes();
    auto& a = *e.mutable_child_workflow_execution_failed_event_attributes();
    describe(a);
    if (from.has_failure())
      *a.mutable_failure() = from.failure();
    break;
  }
  case api::HistoryEvent::kWorkflowExecutionCanceledEventAttributes: {
    const auto& from = close_event.workflow_execution_canceled_event_attributes();
    auto& a = *e.mutable_child_workflow_execution_canceled_event_attributes();
    describe(a);
    if (from.has_details())
      *a.mutable_details() = from.details();
    break;
  }
  case api::HistoryEvent::kWorkflowExecutionTimedOutEventAttributes: {
    auto& a = *e.mutable_child_workflow_execution_timed_out_event_attributes();
    describe(a);
    a.set_timeout_type(close_event.workflow_execution_timed_out_event_attributes().timeout_type());
    break;
  }
  case api::HistoryEvent::kWorkflowExecutionTerminatedEventAttributes:
    describe(*e.mutable_child_workflow_execution_terminated_event_attributes());
    break;
  default: return internal_error("The event does not close a child execution.");
  }
  tx.add(std::move(e));
  schedule_decision_if_none(tx);
  return true;
}

namespace {

/// The initiated event of a pending external signal or cancel; null and no error: stale.
template <class Pending>
outcome<const api::HistoryEvent*> initiated_event(transaction& tx, const Pending& pending, std::int64_t initiated_id) {
  const auto* record = tx.state().open() ? pending.find(initiated_id) : nullptr;
  if (record == nullptr)
    return nullptr;
  const auto* e = tx.event(initiated_id, record->initiated_batch_id());
  if (e == nullptr)
    return event_not_at_hand();
  return e;
}

outcome<bool> finish(transaction& tx, api::HistoryEvent e) {
  tx.add(std::move(e));
  schedule_decision_if_none(tx);
  return true;
}

} // namespace

outcome<bool> external_signaled(transaction& tx, std::int64_t initiated_id) {
  const auto initiated = initiated_event(tx, tx.state().signals(), initiated_id);
  if (!initiated)
    return initiated.error();
  if (*initiated == nullptr)
    return false;
  const auto& from = signal_of(**initiated);
  api::HistoryEvent e;
  auto& a = *e.mutable_external_workflow_execution_signaled_event_attributes();
  a.set_initiated_event_id(initiated_id);
  a.set_domain(named_domain(tx.env(), from.domain()));
  *a.mutable_workflow_execution() = from.workflow_execution();
  a.set_control(from.control());
  return finish(tx, std::move(e));
}

outcome<bool> external_signal_failed(transaction& tx, std::int64_t initiated_id) {
  const auto initiated = initiated_event(tx, tx.state().signals(), initiated_id);
  if (!initiated)
    return initiated.error();
  if (*initiated == nullptr)
    return false;
  const auto& from = signal_of(**initiated);
  api::HistoryEvent e;
  auto& a = *e.mutable_signal_external_workflow_execution_failed_event_attributes();
  a.set_cause(unknown_signal_target);
  a.set_decision_task_completed_event_id(no_event_id); // clients expect no id, although there was one
  a.set_domain(named_domain(tx.env(), from.domain()));
  *a.mutable_workflow_execution() = from.workflow_execution();
  a.set_initiated_event_id(initiated_id);
  a.set_control(from.control());
  return finish(tx, std::move(e));
}

outcome<bool> external_canceled(transaction& tx, std::int64_t initiated_id) {
  const auto initiated = initiated_event(tx, tx.state().cancel_requests(), initiated_id);
  if (!initiated)
    return initiated.error();
  if (*initiated == nullptr)
    return false;
  const auto& from = cancel_of(**initiated);
  api::HistoryEvent e;
  auto& a = *e.mutable_external_workflow_execution_cancel_requested_event_attributes();
  a.set_initiated_event_id(initiated_id);
  a.set_domain(named_domain(tx.env(), from.domain()));
  *a.mutable_workflow_execution() = from.workflow_execution();
  return finish(tx, std::move(e));
}

outcome<bool> external_cancel_failed(transaction& tx, std::int64_t initiated_id) {
  const auto initiated = initiated_event(tx, tx.state().cancel_requests(), initiated_id);
  if (!initiated)
    return initiated.error();
  if (*initiated == nullptr)
    return false;
  const auto& from = cancel_of(**initiated);
  api::HistoryEvent e;
  auto& a = *e.mutable_request_cancel_external_workflow_execution_failed_event_attributes();
  a.set_cause(unknown_cancel_target);
  a.set_decision_task_completed_event_id(no_event_id); // as for signals; the control is left out as well
  a.set_domain(named_domain(tx.env(), from.domain()));
  *a.mutable_workflow_execution() = from.workflow_execution();
  a.set_initiated_event_id(initiated_id);
  return finish(tx, std::move(e));
}

} // namespace cadenza::workflow
