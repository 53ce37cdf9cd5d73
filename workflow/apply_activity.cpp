#include "messages/wire_time.hpp"
#include "workflow/apply_events.hpp"

#include <algorithm>

namespace cadenza::workflow::events {

namespace {

/// Another cluster may have told of the activity by a later version than that of an event which comes only now.
void raise_version(rec::PendingActivity& activity, const context& c) {
  activity.set_version(std::max(activity.version(), c.event.version()));
}

} // namespace

void on(const context& c, const api::ActivityTaskScheduledEventAttributes& a) {
  rec::PendingActivity activity;
  activity.set_format(1);
  activity.set_version(c.event.version());
  activity.set_schedule_id(c.event.event_id());
  activity.set_scheduled_batch_id(c.batch_first_id);
  activity.set_scheduled_ns(c.time_ns);
  activity.set_schedule_to_close_base_ns(c.time_ns);
  activity.set_started_id(no_event_id);
  activity.set_activity_id(a.activity_id());
  activity.set_activity_type(a.activity_type().name());
  activity.set_schedule_to_start_s(seconds_of(a.schedule_to_start_timeout()));
  activity.set_schedule_to_close_s(seconds_of(a.schedule_to_close_timeout()));
  activity.set_start_to_close_s(seconds_of(a.start_to_close_timeout()));
  activity.set_heartbeat_s(seconds_of(a.heartbeat_timeout()));
  activity.set_cancel_request_id(no_event_id);
  activity.set_task_list(a.task_list().name());
  activity.set_task_list_kind(a.task_list().kind());
  auto target = c.tx.state().key().domain_id;
  if (!a.domain().empty()) {
    activity.set_target_domain(a.domain());
    if (const auto found = c.tx.env().domains->find(a.domain()))
      target = found->id;
  }
  activity.set_target_domain_id(target.raw());
  if (a.has_retry_policy()) {
    *activity.mutable_retry_policy() = a.retry_policy();
    if (const auto expiration = seconds_of(a.retry_policy().expiration_interval()); expiration > 0)
      activity.set_expiration_ns(c.time_ns + expiration * ns_per_s);
  }
  c.tx.activities().put(c.event.event_id(), std::move(activity));
}

void on(const context& c, const api::ActivityTaskStartedEventAttributes& a) {
  auto* activity = c.tx.activities().edit(a.scheduled_event_id());
  if (activity == nullptr)
    return;
  raise_version(*activity, c);
  activity->set_started_id(c.event.event_id());
  activity->set_started_ns(c.time_ns);
  activity->set_last_heartbeat_ns(c.time_ns);
  activity->set_request_id(a.request_id());
  activity->set_started_identity(a.identity());
  activity->set_attempt(a.attempt());
  if (a.has_last_failure()) {
    activity->set_last_failure_reason(a.last_failure().reason());
    activity->set_last_failure_details(a.last_failure().details());
  }
}

void on(const context& c, const api::ActivityTaskCancelRequestedEventAttributes& a) {
  // While stored events are replayed an earlier activity of the same id may still wait for its buffered end: the event
  // is about the later one.
  const auto schedule_id = c.tx.activities().index().last_of(a.activity_id()).value_or(no_event_id);
  const auto* found = c.tx.activities().find(schedule_id);
  if (found == nullptr || found->cancel_requested())
    return;
  auto* activity = c.tx.activities().edit(schedule_id);
  raise_version(*activity, c);
  activity->set_cancel_requested(true);
  activity->set_cancel_request_id(c.event.event_id());
}

void on_activity_closed(const context& c, std::int64_t schedule_id) { c.tx.activities().erase(schedule_id); }

} // namespace cadenza::workflow::events
