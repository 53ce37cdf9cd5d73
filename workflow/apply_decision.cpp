#include "messages/wire_time.hpp"
#include "workflow/apply_events.hpp"
#include "workflow/decision_state.hpp"
#include "workflow/reset_points.hpp"

namespace cadenza::workflow::events {

void on(const context& c, const api::DecisionTaskScheduledEventAttributes& a) {
  // Whatever attempt the event tells of: this decision is in the history, so whatever becomes of it is written there.
  constexpr std::int64_t attempt = 0;
  note_decision_scheduled(c.tx, c.event.version(), c.event.event_id(), a.task_list().name(),
                          seconds_of(a.start_to_close_timeout()), attempt, c.time_ns);
}

void on(const context& c, const api::DecisionTaskStartedEventAttributes& a) {
  auto& head = c.tx.head();
  if (!head.has_decision() || head.decision().schedule_id() != a.scheduled_event_id())
    return;
  note_decision_started(head, c.event.version(), a.scheduled_event_id(), c.event.event_id(), a.request_id(), c.time_ns);
}

void on(const context& c, const api::DecisionTaskCompletedEventAttributes& a) {
  note_decision_completed(c.tx.head(), a.started_event_id());
  note_binary_checksum(c.tx, c.event);
}

void on(const context& c, const api::DecisionTaskTimedOutEventAttributes& a) {
  auto& head = c.tx.head();
  const bool sticky = a.timeout_type() == api::TIMEOUT_TYPE_SCHEDULE_TO_START && !head.sticky_task_list().empty();
  const bool reset = a.cause() == api::DECISION_TASK_TIMED_OUT_CAUSE_RESET;
  note_decision_failed(head, !sticky && !reset);
  if (reset)
    head.set_next_decision_attempt(0);
}

void on(const context& c, const api::DecisionTaskFailedEventAttributes& a) {
  auto& head = c.tx.head();
  const bool fresh = a.cause() == api::DECISION_TASK_FAILED_CAUSE_RESET_WORKFLOW ||
                     a.cause() == api::DECISION_TASK_FAILED_CAUSE_FAILOVER_CLOSE_DECISION;
  note_decision_failed(head, !fresh);
  if (fresh)
    head.set_next_decision_attempt(0);
}

} // namespace cadenza::workflow::events
