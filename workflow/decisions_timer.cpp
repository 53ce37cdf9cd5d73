#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"
#include "workflow/decision_checks.hpp"
#include "workflow/decisions.hpp"

namespace cadenza::workflow {

namespace {

constexpr const char* unknown_timer_cause = "TIMER_ID_UNKNOWN";

outcome<void> check_timer_id(const environment& env, const std::string& id) {
  if (id.empty())
    return bad_request("TimerId is not set on decision.");
  return check_length(env, id, "TimerId", env.limits->lengths.timer_id);
}

} // namespace

outcome<void> decision_handler::on(const api::StartTimerDecisionAttributes& d) {
  constexpr auto bad_start = api::DECISION_TASK_FAILED_CAUSE_BAD_START_TIMER_ATTRIBUTES;
  CADENZA_TRY(checked(check_timer_id(tx_.env(), d.timer_id()), bad_start));
  if (stopped_)
    return {};
  const auto seconds = seconds_of(d.start_to_fire_timeout());
  if (seconds <= 0)
    return reject(bad_start, "Invalid StartToFireTimeoutSeconds: " + std::to_string(seconds));
  if (tx_.state().timers().contains(d.timer_id()))
    return reject(api::DECISION_TASK_FAILED_CAUSE_START_TIMER_DUPLICATE_ID, "");
  api::HistoryEvent e;
  auto& a = *e.mutable_timer_started_event_attributes();
  a.set_timer_id(d.timer_id());
  set_seconds(*a.mutable_start_to_fire_timeout(), seconds);
  a.set_decision_task_completed_event_id(completed_id_);
  tx_.add(std::move(e));
  CADENZA_ASSERT(tx_.state().timers().contains(d.timer_id()), "a timer that was started is pending");
  return {};
}

outcome<void> decision_handler::on(const api::CancelTimerDecisionAttributes& d) {
  CADENZA_TRY(
      checked(check_timer_id(tx_.env(), d.timer_id()), api::DECISION_TASK_FAILED_CAUSE_BAD_CANCEL_TIMER_ATTRIBUTES));
  if (stopped_)
    return {};
  std::optional<std::int64_t> started_id;
  if (const auto* timer = tx_.state().timers().find(d.timer_id())) {
    started_id = timer->started_id();
  } else if (const auto fired = tx_.take_buffered_timer_fired(d.timer_id())) {
    // The worker never sees that the timer fired; it may have been all that it had not seen.
    started_id = *fired;
    unhandled_events_ = unhandled_events_ && tx_.has_buffered_events();
  }
  api::HistoryEvent e;
  if (started_id) {
    auto& a = *e.mutable_timer_canceled_event_attributes();
    a.set_timer_id(d.timer_id());
    a.set_started_event_id(*started_id);
    a.set_decision_task_completed_event_id(completed_id_);
    a.set_identity(identity_);
  } else {
    auto& a = *e.mutable_cancel_timer_failed_event_attributes();
    a.set_timer_id(d.timer_id());
    a.set_cause(unknown_timer_cause);
    a.set_decision_task_completed_event_id(completed_id_);
    a.set_identity(identity_);
  }
  tx_.add(std::move(e));
  CADENZA_ASSERT(!tx_.state().timers().contains(d.timer_id()), "a timer that was canceled is over");
  return {};
}

} // namespace cadenza::workflow
