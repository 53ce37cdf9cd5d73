#include "workflow/signal.hpp"

#include "messages/invariant.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/earlier_requests.hpp"

namespace cadenza::workflow {
namespace {

/// Requests that only a parent may make name it; requests for a chain of runs name its first run.
outcome<void> check_target(const run& r, const std::string& first_run_id,
                           const std::optional<external_origin>& origin) {
  const auto& fixed = r.fixed();
  if (!first_run_id.empty() && first_run_id != fixed.first_execution_run_id())
    return not_exists("Workflow execution not found");
  if (origin && origin->child_only &&
      (origin->workflow_id != fixed.parent_workflow_id() || origin->run_id != fixed.parent_run_id()))
    return not_exists("workflow parent does not match");
  return {};
}

} // namespace

outcome<bool> signal(transaction& tx, const signal_input& input) {
  const auto& r = tx.state();
  if (!tx.env().domain->registered())
    return bad_request("Domain is deprecated.");
  if (!input.request_id.empty() && r.signal_requests().contains(input.request_id))
    return false;
  if (input.to_current &&
      signalled_before(r, input.request_id, content_of_signal(input.name, input.input.value_or(std::string()))))
    return false;
  if (!r.open())
    return already_completed();
  const auto most = tx.env().limits->max_signals_per_run;
  if (most > 0 && r.head().signal_count() >= most)
    return limit_exceeded("exceeded workflow execution limit for signal events");
  CADENZA_TRY(check_target(r, {}, input.origin));

  api::HistoryEvent e;
  auto& a = *e.mutable_workflow_execution_signaled_event_attributes();
  a.set_signal_name(input.name);
  if (input.input)
    a.mutable_input()->set_data(*input.input);
  a.set_identity(input.identity);
  a.set_request_id(input.request_id);
  tx.add(std::move(e));
  // Whoever names a run names it again: the runs after it need not know.
  if (!input.to_current)
    if (auto* had = tx.signal_requests().edit(input.request_id))
      had->set_content(0);
  schedule_decision_if_none(tx);
  return true;
}

bool remove_signal_request(transaction& tx, const std::string& request_id) {
  return tx.signal_requests().erase(request_id);
}

outcome<bool> request_cancel(transaction& tx, const cancel_input& input) {
  const auto& r = tx.state();
  const auto& head = r.head();
  const bool same =
      head.cancel_requested() && !input.request_id.empty() && input.request_id == head.cancel_request_id();
  if (!r.open() && same && head.close_status() == close_status::canceled)
    return false;
  if (input.to_current && answered_before(r.fixed().earlier_requests(), rec::REQUEST_CANCEL, input.request_id,
                                          content_of_cancel(input.cause)))
    return false;
  if (!r.open())
    return already_completed();
  CADENZA_TRY(check_target(r, input.first_execution_run_id, input.origin));
  if (same) {
    if (r.has_pending_decision())
      return false;
    schedule_decision(tx);
    return true;
  }
  if (head.cancel_requested())
    return error(error_kind::cancellation_already_requested,
                 "cancellation already requested for this workflow execution");

  api::HistoryEvent e;
  auto& a = *e.mutable_workflow_execution_cancel_requested_event_attributes();
  a.set_cause(input.cause);
  a.set_identity(input.identity);
  a.set_request_id(input.request_id);
  if (input.origin) {
    auto& from = *a.mutable_external_execution_info();
    from.mutable_workflow_execution()->set_workflow_id(input.origin->workflow_id);
    from.mutable_workflow_execution()->set_run_id(input.origin->run_id);
    from.set_initiated_id(input.origin->initiated_id.value_or(0));
  }
  tx.add(std::move(e));
  CADENZA_ASSERT(head.cancel_requested(), "a run knows that it is to be canceled from the event on");
  if (!input.to_current)
    tx.head().clear_cancel_content();
  if (r.has_pending_decision())
    return true;
  // Unlike a signal, this also wakes a run that still waits for its first decision.
  const bool waited = !r.has_processed_or_pending_decision();
  schedule_decision(tx);
  if (waited && r.fixed().first_decision_backoff_s() > 0)
    add_upsert_task(tx);
  return true;
}

outcome<void> terminate(transaction& tx, const terminate_input& input) {
  const auto& r = tx.state();
  if (!r.open())
    return already_completed();
  CADENZA_TRY(check_target(r, input.first_execution_run_id, input.origin));
  fail_started_decision(tx, api::DECISION_TASK_FAILED_CAUSE_FORCE_CLOSE_DECISION, {}, std::string(history_identity));
  api::HistoryEvent e;
  auto& a = *e.mutable_workflow_execution_terminated_event_attributes();
  a.set_reason(input.reason);
  if (input.details)
    a.mutable_details()->set_data(*input.details);
  a.set_identity(input.identity);
  tx.add(std::move(e));
  return {};
}

} // namespace cadenza::workflow
