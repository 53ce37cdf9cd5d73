#include "messages/wire_time.hpp"
#include "workflow/close.hpp"
#include "workflow/decision_checks.hpp"
#include "workflow/decisions.hpp"
#include "workflow/retry.hpp"

namespace cadenza::workflow {

outcome<void> decision_handler::on(const api::CompleteWorkflowExecutionDecisionAttributes& d) {
  if (blocked_by_unhandled("complete workflow") || !tx_.state().open() ||
      too_large(d.result().data().size(), "CompleteWorkflowExecutionDecisionAttributes.Result"))
    return {};
  if (!tx_.state().head().cancel_requested())
    if (const auto backoff_s = workflow_cron_backoff(tx_.state(), tx_.env()))
      return continue_by_server(tx_, completed_id_, *backoff_s, api::CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE, nullptr,
                                d.has_result() ? &d.result().data() : nullptr);
  api::HistoryEvent e;
  auto& a = *e.mutable_workflow_execution_completed_event_attributes();
  if (d.has_result())
    *a.mutable_result() = d.result();
  a.set_decision_task_completed_event_id(completed_id_);
  tx_.add(std::move(e));
  return {};
}

outcome<void> decision_handler::on(const api::FailWorkflowExecutionDecisionAttributes& d) {
  if (blocked_by_unhandled("complete workflow"))
    return {};
  if (!d.has_failure())
    return reject(api::DECISION_TASK_FAILED_CAUSE_BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES,
                  "Reason is not set on decision.");
  if (!tx_.state().open() || too_large(d.failure().details().size(), "FailWorkflowExecutionDecisionAttributes.Details"))
    return {};
  // What asked for the cancellation wants the work to stop, so it is neither retried nor run again.
  if (tx_.state().head().cancel_requested()) {
    cancel_run(d.failure().details().empty() ? nullptr : &d.failure().details());
    return {};
  }
  const auto& env = tx_.env();
  if (const auto backoff_s = workflow_retry_backoff(tx_.state(), env, d.failure().reason()))
    return continue_by_server(tx_, completed_id_, *backoff_s, api::CONTINUE_AS_NEW_INITIATOR_RETRY_POLICY, &d.failure(),
                              nullptr);
  if (const auto backoff_s = workflow_cron_backoff(tx_.state(), env))
    return continue_by_server(tx_, completed_id_, *backoff_s, api::CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE,
                              &d.failure(), nullptr);
  api::HistoryEvent e;
  auto& a = *e.mutable_workflow_execution_failed_event_attributes();
  *a.mutable_failure() = d.failure();
  a.set_decision_task_completed_event_id(completed_id_);
  tx_.add(std::move(e));
  return {};
}

void decision_handler::cancel_run(const std::string* details) {
  api::HistoryEvent e;
  auto& a = *e.mutable_workflow_execution_canceled_event_attributes();
  a.set_decision_task_completed_event_id(completed_id_);
  if (details != nullptr)
    a.mutable_details()->set_data(*details);
  tx_.add(std::move(e));
}

outcome<void> decision_handler::on(const api::CancelWorkflowExecutionDecisionAttributes& d) {
  if (!blocked_by_unhandled("process cancellation") && tx_.state().open())
    cancel_run(d.has_details() ? &d.details().data() : nullptr);
  return {};
}

outcome<void> decision_handler::check(const api::ContinueAsNewWorkflowExecutionDecisionAttributes& d) const {
  const auto& limits = *tx_.env().limits;
  CADENZA_TRY(check_length(tx_.env(), d.workflow_type().name(), "WorkflowType", limits.lengths.workflow_type));
  note_length(tx_.env(), d.task_list().name(), "TaskList");
  if (const auto list = decision_task_list(tx_.state(), d.task_list(), limits); !list)
    return list.error();
  if (seconds_of(d.backoff_start_interval()) < 0)
    return bad_request("BackoffStartInterval is less than 0.");
  CADENZA_TRY(validate_retry_policy(d.has_retry_policy() ? &d.retry_policy() : nullptr));
  CADENZA_TRY(check_cron(d.cron_schedule(), tx_.now()));
  return check_search_attributes(d.search_attributes(), limits);
}

outcome<void> decision_handler::on(const api::ContinueAsNewWorkflowExecutionDecisionAttributes& d) {
  if (blocked_by_unhandled("complete workflow"))
    return {};
  CADENZA_TRY(checked(check(d), api::DECISION_TASK_FAILED_CAUSE_BAD_CONTINUE_AS_NEW_ATTRIBUTES));
  if (stopped_ || !tx_.state().open() ||
      too_large(d.input().data().size(), "ContinueAsNewWorkflowExecutionDecisionAttributes. Input"))
    return {};
  if (tx_.state().head().cancel_requested()) {
    cancel_run(nullptr);
    return {};
  }
  return continue_as_new(tx_, completed_id_, d);
}

} // namespace cadenza::workflow
