#include "actors/runs/run_tally.hpp"

#include <optional>

namespace cadenza::actors {
namespace {

using event = uber::cadence::api::v1::HistoryEvent;

std::optional<counted> counted_as(event::AttributesCase what) {
  switch (what) {
  case event::kWorkflowExecutionStartedEventAttributes: return counted::workflow_started;
  case event::kWorkflowExecutionCompletedEventAttributes: return counted::workflow_completed;
  case event::kWorkflowExecutionFailedEventAttributes: return counted::workflow_failed;
  case event::kWorkflowExecutionTimedOutEventAttributes: return counted::workflow_timed_out;
  case event::kWorkflowExecutionCanceledEventAttributes: return counted::workflow_canceled;
  case event::kWorkflowExecutionTerminatedEventAttributes: return counted::workflow_terminated;
  case event::kWorkflowExecutionContinuedAsNewEventAttributes: return counted::workflow_continued;
  case event::kDecisionTaskCompletedEventAttributes: return counted::decision_completed;
  case event::kDecisionTaskFailedEventAttributes: return counted::decision_failed;
  case event::kDecisionTaskTimedOutEventAttributes: return counted::decision_timed_out;
  case event::kActivityTaskCompletedEventAttributes: return counted::activity_completed;
  case event::kActivityTaskFailedEventAttributes: return counted::activity_failed;
  case event::kActivityTaskTimedOutEventAttributes: return counted::activity_timed_out;
  case event::kActivityTaskCanceledEventAttributes: return counted::activity_canceled;
  default: return std::nullopt;
  }
}

void add(run_tally& to, const workflow::changes& made) {
  for (const auto& batch : made.batches)
    for (const auto& one : batch->events())
      if (const auto what = counted_as(one.attributes_case()))
        to.add(*what);
  // An attempt that is tried again leaves no event, but the timer of the next one.
  for (const auto& timer : made.timers)
    if (timer.type() == record::v1::TIMER_ACTIVITY_RETRY)
      to.add(counted::activity_retried);
}

} // namespace

run_tally tally_of(const workflow::changes& made) {
  run_tally out;
  add(out, made);
  if (made.next)
    add(out, made.next->made);
  return out;
}

} // namespace cadenza::actors
