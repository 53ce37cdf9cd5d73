#include "findings/story.hpp"

#include "findings/words.hpp"
#include "messages/wire_time.hpp"

namespace cadenza::findings {

namespace api = uber::cadence::api::v1;

namespace {
constexpr std::int64_t second_ns = 1'000'000'000;
}

void story::take(const api::HistoryEvent& event) {
  const auto at = workflow::ns_of(event.event_time());
  if (event.has_workflow_execution_started_event_attributes()) {
    const auto& started = event.workflow_execution_started_event_attributes();
    cron = started.cron_schedule();
    starts_ns = at + started.first_decision_task_backoff().seconds() * second_ns;
  }
  began = began || event.has_decision_task_scheduled_event_attributes();
  if (event.has_decision_task_completed_event_attributes()) {
    failed.reset();
    timed_out.reset();
  }
  if (event.has_decision_task_failed_event_attributes())
    failed = event;
  if (event.has_decision_task_timed_out_event_attributes())
    timed_out = event;
  if (event.has_activity_task_scheduled_event_attributes())
    activity_lists[event.event_id()] = event.activity_task_scheduled_event_attributes().task_list().name();
  if (event.has_timer_started_event_attributes()) {
    const auto& timer = event.timer_started_event_attributes();
    timers[timer.timer_id()] = at + timer.start_to_fire_timeout().seconds() * second_ns;
  }
  timers.erase(event.timer_fired_event_attributes().timer_id());
  timers.erase(event.timer_canceled_event_attributes().timer_id());
  if (!ending_of(event).empty())
    closed = event;
  else if (auto why = failure_text(event); !why.empty())
    last_failure = event_type(event) + ": " + why;
}

std::string ending_of(const api::HistoryEvent& event) {
  using kind = api::HistoryEvent::AttributesCase;
  switch (event.attributes_case()) {
  case kind::kWorkflowExecutionCompletedEventAttributes: return "COMPLETED";
  case kind::kWorkflowExecutionFailedEventAttributes: return "FAILED";
  case kind::kWorkflowExecutionTimedOutEventAttributes: return "TIMEOUT";
  case kind::kWorkflowExecutionCanceledEventAttributes: return "CANCELED";
  case kind::kWorkflowExecutionTerminatedEventAttributes: return "TERMINATED";
  case kind::kWorkflowExecutionContinuedAsNewEventAttributes: return "CONTINUED_AS_NEW";
  default: return {};
  }
}

} // namespace cadenza::findings
