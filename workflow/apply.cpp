#include "workflow/apply.hpp"

#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"
#include "workflow/apply_events.hpp"

namespace cadenza::workflow {

namespace {

using e = api::HistoryEvent;

/// What other runs have to do with this one: children, and signals and cancellations of any run.
void apply_outside(const events::context& c, const api::HistoryEvent& event) {
  using namespace events;
  switch (event.attributes_case()) {
  case e::kStartChildWorkflowExecutionInitiatedEventAttributes:
    return on(c, event.start_child_workflow_execution_initiated_event_attributes());
  case e::kChildWorkflowExecutionStartedEventAttributes:
    return on(c, event.child_workflow_execution_started_event_attributes());
  case e::kStartChildWorkflowExecutionFailedEventAttributes:
    return on_child_over(c, event.start_child_workflow_execution_failed_event_attributes().initiated_event_id());
  case e::kChildWorkflowExecutionCompletedEventAttributes:
    return on_child_over(c, event.child_workflow_execution_completed_event_attributes().initiated_event_id());
  case e::kChildWorkflowExecutionFailedEventAttributes:
    return on_child_over(c, event.child_workflow_execution_failed_event_attributes().initiated_event_id());
  case e::kChildWorkflowExecutionCanceledEventAttributes:
    return on_child_over(c, event.child_workflow_execution_canceled_event_attributes().initiated_event_id());
  case e::kChildWorkflowExecutionTimedOutEventAttributes:
    return on_child_over(c, event.child_workflow_execution_timed_out_event_attributes().initiated_event_id());
  case e::kChildWorkflowExecutionTerminatedEventAttributes:
    return on_child_over(c, event.child_workflow_execution_terminated_event_attributes().initiated_event_id());

  case e::kRequestCancelExternalWorkflowExecutionInitiatedEventAttributes:
    return on(c, event.request_cancel_external_workflow_execution_initiated_event_attributes());
  case e::kRequestCancelExternalWorkflowExecutionFailedEventAttributes:
    return on_external_cancel_over(
        c, event.request_cancel_external_workflow_execution_failed_event_attributes().initiated_event_id());
  case e::kExternalWorkflowExecutionCancelRequestedEventAttributes:
    return on_external_cancel_over(
        c, event.external_workflow_execution_cancel_requested_event_attributes().initiated_event_id());
  case e::kSignalExternalWorkflowExecutionInitiatedEventAttributes:
    return on(c, event.signal_external_workflow_execution_initiated_event_attributes());
  case e::kSignalExternalWorkflowExecutionFailedEventAttributes:
    return on_external_signal_over(
        c, event.signal_external_workflow_execution_failed_event_attributes().initiated_event_id());
  case e::kExternalWorkflowExecutionSignaledEventAttributes:
    return on_external_signal_over(c,
                                   event.external_workflow_execution_signaled_event_attributes().initiated_event_id());
  default: CADENZA_ASSERT(false, "an event of another run");
  }
}

void check_order(const transaction& tx, const api::HistoryEvent& event, std::int64_t batch_first_id) {
  const bool buffered = event.event_id() == buffered_event_id;
  CADENZA_ASSERT(buffered || event.event_id() + 1 == tx.next_event_id(),
                 "events change a run in the order of their ids");
  CADENZA_ASSERT(batch_first_id >= first_event_id && (buffered || batch_first_id <= event.event_id()),
                 "an event is in a batch that begins with it or before it");
}

} // namespace

void apply(transaction& tx, const api::HistoryEvent& event, std::int64_t batch_first_id) {
  using namespace events;
  const context c{tx, event, batch_first_id, ns_of(event.event_time())};
  check_order(tx, event, batch_first_id);
  switch (event.attributes_case()) {
  case e::kWorkflowExecutionStartedEventAttributes: return on(c, event.workflow_execution_started_event_attributes());
  case e::kWorkflowExecutionCompletedEventAttributes: return on_closed(c, close_status::completed);
  case e::kWorkflowExecutionFailedEventAttributes: return on_closed(c, close_status::failed);
  case e::kWorkflowExecutionTimedOutEventAttributes: return on_closed(c, close_status::timed_out);
  case e::kWorkflowExecutionTerminatedEventAttributes: return on_closed(c, close_status::terminated);
  case e::kWorkflowExecutionCanceledEventAttributes: return on_closed(c, close_status::canceled);
  case e::kWorkflowExecutionContinuedAsNewEventAttributes: return on_closed(c, close_status::continued_as_new);
  case e::kWorkflowExecutionSignaledEventAttributes: return on(c, event.workflow_execution_signaled_event_attributes());
  case e::kWorkflowExecutionCancelRequestedEventAttributes:
    return on(c, event.workflow_execution_cancel_requested_event_attributes());
  case e::kUpsertWorkflowSearchAttributesEventAttributes:
    return on(c, event.upsert_workflow_search_attributes_event_attributes());

  case e::kDecisionTaskScheduledEventAttributes: return on(c, event.decision_task_scheduled_event_attributes());
  case e::kDecisionTaskStartedEventAttributes: return on(c, event.decision_task_started_event_attributes());
  case e::kDecisionTaskCompletedEventAttributes: return on(c, event.decision_task_completed_event_attributes());
  case e::kDecisionTaskTimedOutEventAttributes: return on(c, event.decision_task_timed_out_event_attributes());
  case e::kDecisionTaskFailedEventAttributes: return on(c, event.decision_task_failed_event_attributes());

  case e::kActivityTaskScheduledEventAttributes: return on(c, event.activity_task_scheduled_event_attributes());
  case e::kActivityTaskStartedEventAttributes: return on(c, event.activity_task_started_event_attributes());
  case e::kActivityTaskCompletedEventAttributes:
    return on_activity_closed(c, event.activity_task_completed_event_attributes().scheduled_event_id());
  case e::kActivityTaskFailedEventAttributes:
    return on_activity_closed(c, event.activity_task_failed_event_attributes().scheduled_event_id());
  case e::kActivityTaskTimedOutEventAttributes:
    return on_activity_closed(c, event.activity_task_timed_out_event_attributes().scheduled_event_id());
  case e::kActivityTaskCanceledEventAttributes:
    return on_activity_closed(c, event.activity_task_canceled_event_attributes().scheduled_event_id());
  case e::kActivityTaskCancelRequestedEventAttributes:
    return on(c, event.activity_task_cancel_requested_event_attributes());

  case e::kTimerStartedEventAttributes: return on(c, event.timer_started_event_attributes());
  case e::kTimerFiredEventAttributes: {
    const auto& a = event.timer_fired_event_attributes();
    return on_timer_over(c, a.timer_id(), a.started_event_id());
  }
  case e::kTimerCanceledEventAttributes: {
    const auto& a = event.timer_canceled_event_attributes();
    return on_timer_over(c, a.timer_id(), a.started_event_id());
  }

  case e::kStartChildWorkflowExecutionInitiatedEventAttributes:
  case e::kChildWorkflowExecutionStartedEventAttributes:
  case e::kStartChildWorkflowExecutionFailedEventAttributes:
  case e::kChildWorkflowExecutionCompletedEventAttributes:
  case e::kChildWorkflowExecutionFailedEventAttributes:
  case e::kChildWorkflowExecutionCanceledEventAttributes:
  case e::kChildWorkflowExecutionTimedOutEventAttributes:
  case e::kChildWorkflowExecutionTerminatedEventAttributes:
  case e::kRequestCancelExternalWorkflowExecutionInitiatedEventAttributes:
  case e::kRequestCancelExternalWorkflowExecutionFailedEventAttributes:
  case e::kExternalWorkflowExecutionCancelRequestedEventAttributes:
  case e::kSignalExternalWorkflowExecutionInitiatedEventAttributes:
  case e::kSignalExternalWorkflowExecutionFailedEventAttributes:
  case e::kExternalWorkflowExecutionSignaledEventAttributes: return apply_outside(c, event);

  // These tell the decider something and leave the state alone.
  case e::kMarkerRecordedEventAttributes:
  case e::kCancelTimerFailedEventAttributes:
  case e::kRequestCancelActivityTaskFailedEventAttributes: return;
  case e::ATTRIBUTES_NOT_SET: break;
  }
  CADENZA_ASSERT(false, "an event has attributes");
}

} // namespace cadenza::workflow
