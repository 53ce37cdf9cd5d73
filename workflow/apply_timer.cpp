#include "messages/wire_time.hpp"
#include "workflow/apply_events.hpp"

namespace cadenza::workflow::events {

void on(const context& c, const api::TimerStartedEventAttributes& a) {
  rec::PendingTimer timer;
  timer.set_format(1);
  timer.set_version(c.event.version());
  timer.set_timer_id(a.timer_id());
  timer.set_started_id(c.event.event_id());
  timer.set_expiry_ns(c.time_ns + seconds_of(a.start_to_fire_timeout()) * ns_per_s);
  c.tx.timers().put(a.timer_id(), std::move(timer));
}

void on_timer_over(const context& c, const std::string& timer_id, std::int64_t started_id) {
  // A fired event that was buffered may stand in the history behind the start of the next timer of the same id.
  const auto* timer = c.tx.timers().find(timer_id);
  if (timer != nullptr && timer->started_id() == started_id)
    c.tx.timers().erase(timer_id);
}

} // namespace cadenza::workflow::events
