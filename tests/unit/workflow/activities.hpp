#pragma once

#include "harness.hpp"

#include "messages/wire_time.hpp"
#include "workflow/activity.hpp"

/// What tests of activities share.
namespace cadenza::workflow::test {

inline constexpr const char* scheduled_shape = "Started DScheduled DStarted DCompleted AScheduled";

inline api::Decision with_timeouts(const std::string& id, int to_close, int to_start, int running, int heartbeat) {
  auto d = schedule_activity(id);
  auto& a = *d.mutable_schedule_activity_task_decision_attributes();
  set_seconds(*a.mutable_schedule_to_close_timeout(), to_close);
  set_seconds(*a.mutable_schedule_to_start_timeout(), to_start);
  set_seconds(*a.mutable_start_to_close_timeout(), running);
  set_seconds(*a.mutable_heartbeat_timeout(), heartbeat);
  return d;
}

inline api::Decision with_retry(api::Decision d, int attempts) {
  auto& p = *d.mutable_schedule_activity_task_decision_attributes()->mutable_retry_policy();
  set_seconds(*p.mutable_initial_interval(), 2);
  p.set_backoff_coefficient(1);
  p.set_maximum_attempts(attempts);
  return d;
}

inline api::Decision cancel(const std::string& id) {
  api::Decision d;
  d.mutable_request_cancel_activity_task_decision_attributes()->set_activity_id(id);
  return d;
}

inline activity_ref token(std::int64_t schedule_id, std::int64_t attempt = 0) {
  return {schedule_id, attempt, {}, false};
}

inline activity_ref by_id(const std::string& id) { return {no_event_id, 0, id, true}; }

inline outcome<api::PollForActivityTaskResponse> try_start(bench& b, std::int64_t schedule_id, std::int64_t attempt = 0,
                                                           const std::string& request_id = "poll") {
  return b.command(
      [&](transaction& tx) { return start_activity(tx, schedule_id, attempt, request_id, "activity-worker"); });
}

inline api::PollForActivityTaskResponse start_it(bench& b, std::int64_t schedule_id, std::int64_t attempt = 0) {
  auto started = try_start(b, schedule_id, attempt);
  BOOST_REQUIRE_MESSAGE(bool(started), (started ? "" : started.error().message));
  return *started;
}

inline outcome<void> finish(bench& b, const activity_ref& which) {
  api::RespondActivityTaskCompletedRequest request;
  request.mutable_result()->set_data("res");
  request.set_identity("activity-worker");
  return b.command([&](transaction& tx) { return complete_activity(tx, which, request); });
}

inline outcome<void> fail(bench& b, const activity_ref& which, const std::string& reason) {
  api::RespondActivityTaskFailedRequest request;
  request.mutable_failure()->set_reason(reason);
  request.mutable_failure()->set_details("dd");
  request.set_identity("activity-worker");
  return b.command([&](transaction& tx) { return fail_activity(tx, which, request); });
}

inline outcome<bool> heartbeat(bench& b, const activity_ref& which, const std::string& details) {
  api::RecordActivityTaskHeartbeatRequest request;
  request.mutable_details()->set_data(details);
  return b.command([&](transaction& tx) { return record_heartbeat(tx, which, request); });
}

inline rec::TimerTask only_timer(bench& b) {
  const auto timers = b.timers(rec::TIMER_ACTIVITY_TIMEOUT);
  BOOST_REQUIRE_EQUAL(timers.size(), 1U);
  return timers[0];
}

/// Goes on to the moment of the timer and lets it fire.
inline bool fire(bench& b, const rec::TimerTask& timer) {
  b.now_ns = std::max(b.now_ns, timer.fire_ns());
  const auto fired = b.command([&](transaction& tx) { return activities_timed_out(tx, timer); });
  BOOST_REQUIRE(bool(fired));
  return *fired;
}

inline bool is(const error& e, error_kind kind) { return e.kind == kind; }

} // namespace cadenza::workflow::test
