#include "workflow/decisions.hpp"

#include "messages/invariant.hpp"

namespace cadenza::workflow {

namespace {

/// Decisions that end the run: of several in one answer only the first counts.
bool closes(api::Decision::AttributesCase type) {
  using d = api::Decision;
  return type == d::kCompleteWorkflowExecutionDecisionAttributes ||
         type == d::kFailWorkflowExecutionDecisionAttributes || type == d::kCancelWorkflowExecutionDecisionAttributes ||
         type == d::kContinueAsNewWorkflowExecutionDecisionAttributes;
}

} // namespace

decision_handler::decision_handler(transaction& tx, std::int64_t completed_event_id, const std::string& identity,
                                   bool unhandled_events)
  : tx_(tx), completed_id_(completed_event_id), identity_(identity), unhandled_events_(unhandled_events) {
  CADENZA_ASSERT(!tx.state().has_pending_decision(),
                 "what was decided is carried out when the decision itself is over");
}

outcome<void> decision_handler::handle(const api::Decision& decision) {
  using d = api::Decision;
  CADENZA_ASSERT(!stopped_, "nothing is carried out behind what ended an answer");
  const auto type = decision.attributes_case();
  if (type == d::ATTRIBUTES_NOT_SET)
    return bad_request("Unknown decision type: 0");
  if (!tx_.state().open() && !closes(type))
    return internal_error("invalid mutable state action: mutation after finish");
  switch (type) {
  case d::kScheduleActivityTaskDecisionAttributes: return on(decision.schedule_activity_task_decision_attributes());
  case d::kRequestCancelActivityTaskDecisionAttributes:
    return on(decision.request_cancel_activity_task_decision_attributes());
  case d::kStartTimerDecisionAttributes: return on(decision.start_timer_decision_attributes());
  case d::kCancelTimerDecisionAttributes: return on(decision.cancel_timer_decision_attributes());
  case d::kRecordMarkerDecisionAttributes: return on(decision.record_marker_decision_attributes());
  case d::kCompleteWorkflowExecutionDecisionAttributes:
    return on(decision.complete_workflow_execution_decision_attributes());
  case d::kFailWorkflowExecutionDecisionAttributes: return on(decision.fail_workflow_execution_decision_attributes());
  case d::kCancelWorkflowExecutionDecisionAttributes:
    return on(decision.cancel_workflow_execution_decision_attributes());
  case d::kContinueAsNewWorkflowExecutionDecisionAttributes:
    return on(decision.continue_as_new_workflow_execution_decision_attributes());
  case d::kStartChildWorkflowExecutionDecisionAttributes:
    return on(decision.start_child_workflow_execution_decision_attributes());
  case d::kSignalExternalWorkflowExecutionDecisionAttributes:
    return on(decision.signal_external_workflow_execution_decision_attributes());
  case d::kRequestCancelExternalWorkflowExecutionDecisionAttributes:
    return on(decision.request_cancel_external_workflow_execution_decision_attributes());
  case d::kUpsertWorkflowSearchAttributesDecisionAttributes:
    return on(decision.upsert_workflow_search_attributes_decision_attributes());
  case d::ATTRIBUTES_NOT_SET: break;
  }
  return {};
}

outcome<void> decision_handler::reject(cause why, std::string message) {
  failed_ = why;
  failed_message_ = std::move(message);
  stopped_ = true;
  return {};
}

outcome<void> decision_handler::checked(const outcome<void>& check, cause why) {
  if (check)
    return {};
  if (check.error().kind != error_kind::bad_request)
    return check.error();
  return reject(why, check.error().message);
}

outcome<void> decision_handler::fail_run(const std::string& reason, const std::string& details) {
  stopped_ = true;
  api::HistoryEvent e;
  auto& a = *e.mutable_workflow_execution_failed_event_attributes();
  a.mutable_failure()->set_reason(reason);
  a.mutable_failure()->set_details(details);
  a.set_decision_task_completed_event_id(completed_id_);
  tx_.add(std::move(e));
  return {};
}

bool decision_handler::too_large(std::size_t bytes, const char* what) {
  const auto& env = tx_.env();
  if (bytes > static_cast<std::size_t>(env.limits->blob_size_warn) && env.seen != nullptr) {
    auto& seen = *env.seen;
    ++seen.blobs;
    if (bytes > seen.blob_bytes) {
      seen.blob_bytes = bytes;
      seen.blob_name = what;
    }
  }
  if (bytes <= static_cast<std::size_t>(env.limits->blob_size_error))
    return false;
  (void)fail_run("DECISION_BLOB_SIZE_EXCEEDS_LIMIT", std::string(what) + " exceeds size limit.");
  return true;
}

bool decision_handler::blocked_by_unhandled(const char* what) {
  if (!unhandled_events_)
    return false;
  (void)reject(api::DECISION_TASK_FAILED_CAUSE_UNHANDLED_DECISION,
               std::string("cannot ") + what +
                   ", new pending decisions were scheduled while this decision was processing");
  return true;
}

} // namespace cadenza::workflow
