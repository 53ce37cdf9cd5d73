#pragma once

#include "uber/cadence/api/v1/history.pb.h"

namespace cadenza::workflow {

using event_type = uber::cadence::api::v1::HistoryEvent::AttributesCase;

/// Events that a decision makes; they are never written while a decision is with a worker.
[[nodiscard]] constexpr bool made_by_decision(event_type type) {
  using e = uber::cadence::api::v1::HistoryEvent;
  switch (type) {
  case e::kActivityTaskScheduledEventAttributes:
  case e::kActivityTaskCancelRequestedEventAttributes:
  case e::kTimerStartedEventAttributes:
  case e::kTimerCanceledEventAttributes:
  case e::kCancelTimerFailedEventAttributes:
  case e::kRequestCancelExternalWorkflowExecutionInitiatedEventAttributes:
  case e::kMarkerRecordedEventAttributes:
  case e::kStartChildWorkflowExecutionInitiatedEventAttributes:
  case e::kSignalExternalWorkflowExecutionInitiatedEventAttributes:
  case e::kUpsertWorkflowSearchAttributesEventAttributes: return true;
  default: return false;
  }
}

/// Events that end a run.
[[nodiscard]] constexpr bool ends_run(event_type type) {
  using e = uber::cadence::api::v1::HistoryEvent;
  switch (type) {
  case e::kWorkflowExecutionCompletedEventAttributes:
  case e::kWorkflowExecutionFailedEventAttributes:
  case e::kWorkflowExecutionTimedOutEventAttributes:
  case e::kWorkflowExecutionTerminatedEventAttributes:
  case e::kWorkflowExecutionContinuedAsNewEventAttributes:
  case e::kWorkflowExecutionCanceledEventAttributes: return true;
  default: return false;
  }
}

[[nodiscard]] constexpr bool of_decision_task(event_type type) {
  using e = uber::cadence::api::v1::HistoryEvent;
  switch (type) {
  case e::kDecisionTaskScheduledEventAttributes:
  case e::kDecisionTaskStartedEventAttributes:
  case e::kDecisionTaskCompletedEventAttributes:
  case e::kDecisionTaskFailedEventAttributes:
  case e::kDecisionTaskTimedOutEventAttributes: return true;
  default: return false;
  }
}

/// Events that may come at any time: they get their ids when no decision is with a worker.
[[nodiscard]] constexpr bool bufferable(event_type type) {
  using e = uber::cadence::api::v1::HistoryEvent;
  return type != e::kWorkflowExecutionStartedEventAttributes && !ends_run(type) && !of_decision_task(type) &&
         !made_by_decision(type);
}

} // namespace cadenza::workflow
