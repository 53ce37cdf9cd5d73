#include "harness.hpp"

#include "messages/wire_time.hpp"
#include "workflow/activity.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;
using namespace cadenza::workflow::test;

namespace {

constexpr const char* scheduled_shape = "Started DScheduled DStarted DCompleted AScheduled";

api::Decision with_timeouts(const std::string& id, int to_close, int to_start, int running, int heartbeat) {
  auto d = schedule_activity(id);
  auto& a = *d.mutable_schedule_activity_task_decision_attributes();
  set_seconds(*a.mutable_schedule_to_close_timeout(), to_close);
  set_seconds(*a.mutable_schedule_to_start_timeout(), to_start);
  set_seconds(*a.mutable_start_to_close_timeout(), running);
  set_seconds(*a.mutable_heartbeat_timeout(), heartbeat);
  return d;
}

api::Decision with_retry(api::Decision d, int attempts) {
  auto& p = *d.mutable_schedule_activity_task_decision_attributes()->mutable_retry_policy();
  set_seconds(*p.mutable_initial_interval(), 2);
  p.set_backoff_coefficient(1);
  p.set_maximum_attempts(attempts);
  return d;
}

api::Decision cancel(const std::string& id) {
  api::Decision d;
  d.mutable_request_cancel_activity_task_decision_attributes()->set_activity_id(id);
  return d;
}

activity_ref token(std::int64_t schedule_id, std::int64_t attempt = 0) { return {schedule_id, attempt, {}, false}; }

activity_ref by_id(const std::string& id) { return {no_event_id, 0, id, true}; }

outcome<api::PollForActivityTaskResponse> try_start(bench& b, std::int64_t schedule_id, std::int64_t attempt = 0,
                                                    const std::string& request_id = "poll") {
  return b.command(
      [&](transaction& tx) { return start_activity(tx, schedule_id, attempt, request_id, "activity-worker"); });
}

api::PollForActivityTaskResponse start_it(bench& b, std::int64_t schedule_id, std::int64_t attempt = 0) {
  auto started = try_start(b, schedule_id, attempt);
  BOOST_REQUIRE_MESSAGE(bool(started), (started ? "" : started.error().message));
  return *started;
}

outcome<void> finish(bench& b, const activity_ref& which) {
  api::RespondActivityTaskCompletedRequest request;
  request.mutable_result()->set_data("res");
  request.set_identity("activity-worker");
  return b.command([&](transaction& tx) { return complete_activity(tx, which, request); });
}

outcome<void> fail(bench& b, const activity_ref& which, const std::string& reason) {
  api::RespondActivityTaskFailedRequest request;
  request.mutable_failure()->set_reason(reason);
  request.mutable_failure()->set_details("dd");
  request.set_identity("activity-worker");
  return b.command([&](transaction& tx) { return fail_activity(tx, which, request); });
}

outcome<bool> heartbeat(bench& b, const activity_ref& which, const std::string& details) {
  api::RecordActivityTaskHeartbeatRequest request;
  request.mutable_details()->set_data(details);
  return b.command([&](transaction& tx) { return record_heartbeat(tx, which, request); });
}

rec::TimerTask only_timer(bench& b) {
  const auto timers = b.timers(rec::TIMER_ACTIVITY_TIMEOUT);
  BOOST_REQUIRE_EQUAL(timers.size(), 1U);
  return timers[0];
}

/// Goes on to the moment of the timer and lets it fire.
bool fire(bench& b, const rec::TimerTask& timer) {
  b.now_ns = std::max(b.now_ns, timer.fire_ns());
  const auto fired = b.command([&](transaction& tx) { return activities_timed_out(tx, timer); });
  BOOST_REQUIRE(bool(fired));
  return *fired;
}

bool is(const error& e, error_kind kind) { return e.kind == kind; }

} // namespace

BOOST_AUTO_TEST_SUITE(activities)

BOOST_AUTO_TEST_CASE(timeouts_are_clamped_and_derived) {
  struct row {
    int in[4];        ///< to close, to start, running, heartbeat
    int expiration_s; ///< -1: no policy
    bool start_timeout_is_final;
    int out[4];
  };
  constexpr row rows[] = {
      {{90, 60, 60, 0}, -1, false, {90, 60, 60, 0}},  {{20, 0, 0, 0}, -1, false, {20, 20, 20, 0}},
      {{20, 5, 0, 3}, -1, false, {20, 5, 20, 3}},     {{0, 30, 40, 0}, -1, false, {70, 30, 40, 0}},
      {{0, 80, 80, 0}, -1, false, {100, 80, 80, 0}},  {{500, 500, 500, 500}, -1, false, {100, 100, 100, 100}},
      {{60, 10, 20, 0}, 0, false, {100, 100, 20, 0}}, // no expiration: the workflow's timeout
      {{60, 10, 20, 0}, 40, false, {60, 40, 20, 0}},  {{30, 10, 20, 0}, 40, false, {40, 40, 20, 0}},
      {{60, 10, 20, 0}, 0, true, {100, 10, 20, 0}},   {{60, 10, 20, 0}, 1'000, false, {100, 100, 20, 0}},
  };
  rules limits;
  for (const auto& r : rows) {
    auto d = with_timeouts("a", r.in[0], r.in[1], r.in[2], r.in[3]);
    auto& a = *d.mutable_schedule_activity_task_decision_attributes();
    if (r.expiration_s >= 0)
      set_seconds(*a.mutable_retry_policy()->mutable_expiration_interval(), r.expiration_s);
    if (r.start_timeout_is_final)
      a.mutable_retry_policy()->add_non_retryable_error_reasons("cadenceInternal:Timeout SCHEDULE_TO_START");
    BOOST_TEST_CONTEXT(a.ShortDebugString()) {
      BOOST_REQUIRE(bool(derive_activity_timeouts(a, 100, limits)));
      BOOST_TEST(a.schedule_to_close_timeout().seconds() == r.out[0]);
      BOOST_TEST(a.schedule_to_start_timeout().seconds() == r.out[1]);
      BOOST_TEST(a.start_to_close_timeout().seconds() == r.out[2]);
      BOOST_TEST(a.heartbeat_timeout().seconds() == r.out[3]);
      BOOST_TEST(a.has_heartbeat_timeout());
    }
  }
  auto long_run = with_retry(with_timeouts("a", 60, 10, 20, 0), 5);
  auto& a = *long_run.mutable_schedule_activity_task_decision_attributes();
  BOOST_REQUIRE(bool(derive_activity_timeouts(a, 100'000, limits)));
  BOOST_TEST(a.schedule_to_start_timeout().seconds() == 1'800);
  BOOST_TEST(a.schedule_to_close_timeout().seconds() == 100'000);

  for (const auto& bad : {with_timeouts("a", 0, 0, 10, 0), with_timeouts("a", 0, 10, 0, 0),
                          with_timeouts("a", -1, 10, 10, 0), with_timeouts("a", 10, 10, 10, -1)}) {
    auto attributes = bad.schedule_activity_task_decision_attributes();
    const auto derived = derive_activity_timeouts(attributes, 100, limits);
    BOOST_REQUIRE(!derived);
    BOOST_TEST(is(derived.error(), error_kind::bad_request));
  }
}

BOOST_AUTO_TEST_CASE(schedule_start_complete) {
  bench b;
  b.begin();
  auto d = schedule_activity("a1");
  (*d.mutable_schedule_activity_task_decision_attributes()->mutable_header()->mutable_fields())["h"].set_data("v");
  b.decide({d});
  BOOST_TEST(b.shape() == scheduled_shape);
  const auto tasks = b.transfer(rec::TRANSFER_ACTIVITY);
  BOOST_REQUIRE_EQUAL(tasks.size(), 1U);
  BOOST_TEST(tasks[0].schedule_id() == 5);
  BOOST_TEST(tasks[0].task_list() == "list");
  BOOST_TEST(tasks[0].schedule_to_start_s() == 60);
  BOOST_TEST(tasks[0].target_domain_id() == b.domain_id.raw());
  const auto scheduled_ns = b.now_ns;

  b.advance_s(3);
  const auto task = start_it(b, 5);
  BOOST_TEST(task.activity_id() == "a1");
  BOOST_TEST(task.activity_type().name() == "act");
  BOOST_TEST(task.workflow_type().name() == "type");
  BOOST_TEST(task.workflow_domain() == "suite");
  BOOST_TEST(task.workflow_execution().workflow_id() == "wf");
  BOOST_TEST(task.input().data() == "act-in");
  BOOST_TEST(task.header().fields().at("h").data() == "v");
  BOOST_TEST(task.attempt() == 0);
  BOOST_TEST(task.schedule_to_close_timeout().seconds() == 90);
  BOOST_TEST(task.start_to_close_timeout().seconds() == 60);
  BOOST_TEST(!task.has_heartbeat_details());
  BOOST_TEST(ns_of(task.scheduled_time()) == scheduled_ns);
  BOOST_TEST(ns_of(task.scheduled_time_of_this_attempt()) == scheduled_ns);
  BOOST_TEST(ns_of(task.started_time()) == b.now_ns);

  BOOST_REQUIRE(bool(finish(b, token(5))));
  BOOST_TEST(b.shape() == std::string(scheduled_shape) + " AStarted ACompleted DScheduled");
  const auto started = b.event(6).activity_task_started_event_attributes();
  BOOST_TEST(started.identity() == "activity-worker");
  BOOST_TEST(started.request_id() == "poll");
  BOOST_TEST(started.has_last_failure());
  const auto completed = b.event(7).activity_task_completed_event_attributes();
  BOOST_TEST(completed.result().data() == "res");
  BOOST_TEST(completed.scheduled_event_id() == 5);
  BOOST_TEST(completed.started_event_id() == 6);
  BOOST_TEST(b.state().activities().empty());

  const auto again = finish(b, token(5));
  BOOST_REQUIRE(!again);
  BOOST_TEST(is(again.error(), error_kind::entity_not_exists));
}

BOOST_AUTO_TEST_CASE(the_same_poll_gets_the_same_task_and_others_none) {
  bench b;
  b.begin();
  b.decide({schedule_activity("a1")});
  const auto first = start_it(b, 5);
  b.advance_s(1);
  const auto again = try_start(b, 5);
  BOOST_REQUIRE(bool(again));
  BOOST_TEST(again->ShortDebugString() == first.ShortDebugString());
  const auto other = try_start(b, 5, 0, "other");
  BOOST_REQUIRE(!other);
  BOOST_TEST(is(other.error(), error_kind::internal_service));
  BOOST_TEST(other.error().message == "activity already started");
  BOOST_TEST(b.shape() == std::string(scheduled_shape) + " AStarted");
}

BOOST_AUTO_TEST_CASE(stale_tasks_are_refused) {
  bench b;
  b.begin();
  b.decide({schedule_activity("a1")});
  for (const auto& refused : {try_start(b, 99), try_start(b, 5, 1)}) {
    BOOST_REQUIRE(!refused);
    BOOST_TEST(is(refused.error(), error_kind::entity_not_exists));
  }
  BOOST_TEST(bool(try_start(b, 5, -1))); // attempt unknown
}

BOOST_AUTO_TEST_CASE(answers_that_fit_nothing) {
  bench b;
  b.begin();
  b.decide({schedule_activity("a1")});
  const auto not_started = finish(b, by_id("a1"));
  BOOST_REQUIRE(!not_started);
  BOOST_TEST(is(not_started.error(), error_kind::entity_not_exists));
  const auto unknown = finish(b, by_id("nope"));
  BOOST_REQUIRE(!unknown);
  BOOST_TEST(is(unknown.error(), error_kind::bad_request));
  start_it(b, 5);
  const auto other_attempt = finish(b, token(5, 1));
  BOOST_REQUIRE(!other_attempt);
  BOOST_TEST(is(other_attempt.error(), error_kind::entity_not_exists));
  BOOST_TEST(bool(finish(b, by_id("a1"))));
  b.decide({complete_workflow()});
  const auto closed = finish(b, token(5));
  BOOST_REQUIRE(!closed);
  BOOST_TEST(is(closed.error(), error_kind::workflow_already_completed));
}

BOOST_AUTO_TEST_CASE(schedule_to_start_timeout) {
  bench b;
  b.begin();
  b.decide({with_timeouts("a1", 20, 2, 20, 0)});
  const auto timer = only_timer(b);
  BOOST_TEST(timer.timeout_type() == static_cast<int>(api::TIMEOUT_TYPE_SCHEDULE_TO_START));
  BOOST_TEST(timer.fire_ns() == b.now_ns + 2 * ns_per_s);
  BOOST_TEST(fire(b, timer));
  BOOST_TEST(b.shape() == std::string(scheduled_shape) + " ATimedOut DScheduled");
  const auto a = b.event(6).activity_task_timed_out_event_attributes();
  BOOST_TEST(a.scheduled_event_id() == 5);
  BOOST_TEST(a.started_event_id() == no_event_id);
  BOOST_TEST((a.timeout_type() == api::TIMEOUT_TYPE_SCHEDULE_TO_START));
  BOOST_TEST(a.has_last_failure());
  BOOST_TEST(!a.has_details());
  BOOST_TEST(!fire(b, timer));
}

BOOST_AUTO_TEST_CASE(start_to_close_timeout_and_one_timer_at_a_time) {
  bench b;
  b.begin();
  b.decide({with_timeouts("a1", 30, 20, 2, 0)});
  BOOST_TEST(only_timer(b).timeout_type() == static_cast<int>(api::TIMEOUT_TYPE_SCHEDULE_TO_START));
  b.advance_s(1);
  start_it(b, 5);
  const auto timer = only_timer(b);
  BOOST_TEST(timer.timeout_type() == static_cast<int>(api::TIMEOUT_TYPE_START_TO_CLOSE));
  BOOST_TEST(timer.fire_ns() == b.now_ns + 2 * ns_per_s);
  b.send_signal("s");
  BOOST_TEST(b.timers(rec::TIMER_ACTIVITY_TIMEOUT).empty()); // the outstanding one is still the earliest
  BOOST_TEST(fire(b, timer));
  const auto a = b.event(9).activity_task_timed_out_event_attributes();
  BOOST_TEST(a.started_event_id() == 6);
  BOOST_TEST((a.timeout_type() == api::TIMEOUT_TYPE_START_TO_CLOSE));
}

BOOST_AUTO_TEST_CASE(the_earlier_of_two_deadlines_counts) {
  bench b;
  b.begin();
  b.decide({with_timeouts("a1", 2, 0, 0, 0)});
  start_it(b, 5);
  const auto timer = only_timer(b);
  BOOST_TEST(fire(b, timer));
  // Both ran out at the same moment: start-to-close comes first.
  BOOST_TEST(
      (b.event(7).activity_task_timed_out_event_attributes().timeout_type() == api::TIMEOUT_TYPE_START_TO_CLOSE));

  bench later;
  later.begin();
  later.decide({with_timeouts("a1", 2, 0, 0, 0)});
  later.advance_ms(10);
  start_it(later, 5);
  BOOST_TEST(fire(later, only_timer(later)));
  BOOST_TEST((later.event(7).activity_task_timed_out_event_attributes().timeout_type() ==
              api::TIMEOUT_TYPE_SCHEDULE_TO_CLOSE));
}

BOOST_AUTO_TEST_CASE(heartbeats_move_the_deadline_and_their_details_are_kept) {
  bench b;
  b.begin();
  b.decide({with_timeouts("a1", 90, 90, 90, 5)});
  start_it(b, 5);
  const auto first = only_timer(b);
  BOOST_TEST(first.timeout_type() == static_cast<int>(api::TIMEOUT_TYPE_HEARTBEAT));
  b.advance_s(3);
  const auto beat = heartbeat(b, token(5), "half");
  BOOST_REQUIRE(bool(beat));
  BOOST_TEST(!*beat);
  BOOST_TEST(b.timers(rec::TIMER_ACTIVITY_TIMEOUT).empty());
  BOOST_TEST(b.shape() == std::string(scheduled_shape) + " AStarted"); // no event
  BOOST_TEST(fire(b, first));
  BOOST_TEST(b.shape() == std::string(scheduled_shape) + " AStarted");
  const auto second = only_timer(b);
  BOOST_TEST(second.fire_ns() == first.fire_ns() + 3 * ns_per_s);
  BOOST_TEST(!fire(b, first)); // delivered twice: the new task is not forgotten
  BOOST_TEST(fire(b, second));
  const auto a = b.event(7).activity_task_timed_out_event_attributes();
  BOOST_TEST((a.timeout_type() == api::TIMEOUT_TYPE_HEARTBEAT));
  BOOST_TEST(a.details().data() == "half");
}

BOOST_AUTO_TEST_CASE(retry_leaves_no_event_until_the_last_attempt_ends) {
  bench b;
  b.begin();
  b.decide({with_retry(schedule_activity("a1"), 3)});
  BOOST_TEST(b.event(5).activity_task_scheduled_event_attributes().retry_policy().has_maximum_interval());
  start_it(b, 5);
  BOOST_TEST(b.shape() == scheduled_shape);
  BOOST_TEST(b.state().activities().find(5)->started_id() == transient_event_id);
  BOOST_REQUIRE(bool(heartbeat(b, token(5), "line-40")));
  b.advance_s(1);
  BOOST_REQUIRE(bool(fail(b, token(5), "flaky")));
  BOOST_TEST(b.shape() == scheduled_shape);
  BOOST_TEST(!b.state().has_pending_decision());
  const auto timers = b.timers(rec::TIMER_ACTIVITY_RETRY);
  BOOST_REQUIRE_EQUAL(timers.size(), 1U);
  BOOST_TEST(timers[0].fire_ns() == b.now_ns + 2 * ns_per_s);
  BOOST_TEST(timers[0].attempt() == 1);
  const auto& waiting = *b.state().activities().find(5);
  BOOST_TEST(waiting.attempt() == 1);
  BOOST_TEST(waiting.last_failure_reason() == "flaky");
  BOOST_TEST(waiting.last_failure_details() == "dd");
  BOOST_TEST(waiting.last_worker_identity() == "activity-worker");
  BOOST_TEST(!fail(b, token(5), "again")); // the first attempt is over

  b.advance_s(2);
  const auto push = activity_retry_due(b.state(), timers[0]);
  BOOST_REQUIRE(push.has_value());
  BOOST_TEST(push->schedule_id() == 5);
  BOOST_TEST(push->attempt() == 1);
  BOOST_TEST(push->task_list() == "list");
  BOOST_TEST(!try_start(b, 5, 0)); // a task left over from the first attempt
  const auto task = start_it(b, 5, 1);
  BOOST_TEST(task.attempt() == 1);
  BOOST_TEST(task.heartbeat_details().data() == "line-40");
  BOOST_TEST(ns_of(task.scheduled_time_of_this_attempt()) == b.now_ns);
  BOOST_TEST(ns_of(task.scheduled_time()) == b.now_ns - 3 * ns_per_s);
  BOOST_TEST(!activity_retry_due(b.state(), timers[0]));

  const auto started_ns = b.now_ns;
  b.advance_s(4);
  BOOST_REQUIRE(bool(finish(b, token(5, 1))));
  BOOST_TEST(b.shape() == std::string(scheduled_shape) + " AStarted ACompleted DScheduled");
  BOOST_TEST(ns_of(b.event(6).event_time()) == started_ns);
  const auto started = b.event(6).activity_task_started_event_attributes();
  BOOST_TEST(started.attempt() == 1);
  BOOST_TEST(started.last_failure().reason() == "flaky");
  BOOST_TEST(b.event(7).activity_task_completed_event_attributes().started_event_id() == 6);
}

BOOST_AUTO_TEST_CASE(retry_ends_with_the_last_attempt_or_a_fatal_reason) {
  bench b;
  b.begin();
  b.decide({with_retry(schedule_activity("a1"), 2)});
  start_it(b, 5);
  BOOST_REQUIRE(bool(fail(b, token(5), "one")));
  start_it(b, 5, 1);
  BOOST_REQUIRE(bool(fail(b, token(5, 1), "two")));
  BOOST_TEST(b.shape() == std::string(scheduled_shape) + " AStarted AFailed DScheduled");
  BOOST_TEST(b.event(7).activity_task_failed_event_attributes().failure().reason() == "two");

  bench fatal;
  fatal.begin();
  auto d = with_retry(schedule_activity("a1"), 5);
  d.mutable_schedule_activity_task_decision_attributes()->mutable_retry_policy()->add_non_retryable_error_reasons("x");
  fatal.decide({d});
  start_it(fatal, 5);
  BOOST_REQUIRE(bool(fail(fatal, token(5), "x")));
  BOOST_TEST(fatal.shape() == std::string(scheduled_shape) + " AStarted AFailed DScheduled");
}

BOOST_AUTO_TEST_CASE(timeouts_are_retried_with_their_reason) {
  bench b;
  b.begin();
  b.decide({with_retry(with_timeouts("a1", 60, 60, 3, 0), 4)});
  start_it(b, 5);
  const auto timer = only_timer(b);
  BOOST_TEST(fire(b, timer));
  BOOST_TEST(b.shape() == scheduled_shape);
  BOOST_TEST(b.timers(rec::TIMER_ACTIVITY_RETRY).size() == 1U);
  // The timers of the next attempt count from its own start: schedule-to-start was extended to the workflow's timeout.
  const auto next = only_timer(b);
  BOOST_TEST(next.fire_ns() == b.now_ns + 102 * ns_per_s);
  b.advance_s(2);
  start_it(b, 5, 1);
  BOOST_REQUIRE(bool(finish(b, token(5, 1))));
  BOOST_TEST(b.event(6).activity_task_started_event_attributes().last_failure().reason() ==
             "cadenceInternal:Timeout START_TO_CLOSE");
}

BOOST_AUTO_TEST_CASE(results_during_a_decision_are_numbered_behind_it) {
  bench b;
  b.begin();
  b.decide({with_retry(schedule_activity("a1"), 3), schedule_activity("a2")});
  start_it(b, 5);
  b.send_signal("wake");
  const auto decision = b.poll_decision();
  start_it(b, 6);
  BOOST_REQUIRE(bool(finish(b, token(5))));
  BOOST_REQUIRE(bool(finish(b, token(6))));
  b.send_signal("late");
  b.respond(decision);
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted AScheduled AScheduled Signaled DScheduled DStarted "
                          "DCompleted AStarted AStarted Signaled ACompleted ACompleted DScheduled");
  for (int i = 14; i <= 15; ++i) {
    const auto completed = b.event(i).activity_task_completed_event_attributes();
    const auto started = b.event(completed.started_event_id()).activity_task_started_event_attributes();
    BOOST_TEST(started.scheduled_event_id() == completed.scheduled_event_id());
  }
}

BOOST_AUTO_TEST_CASE(cancel_while_running) {
  bench b;
  b.begin();
  b.decide({schedule_activity("a1")});
  start_it(b, 5);
  api::RespondActivityTaskCanceledRequest request;
  request.mutable_details()->set_data("bye");
  request.set_identity("activity-worker");
  const auto answer = [&] {
    return b.command([&](transaction& tx) { return cancel_activity(tx, token(5), request); });
  };
  const auto early = answer();
  BOOST_REQUIRE(!early);
  BOOST_TEST(is(early.error(), error_kind::internal_service));
  b.send_signal("wake");
  b.decide({cancel("a1")});
  BOOST_TEST(*heartbeat(b, token(5), "x"));
  BOOST_TEST(!b.state().has_pending_decision());
  BOOST_REQUIRE(bool(answer()));
  BOOST_TEST(b.shape() ==
             std::string(scheduled_shape) +
                 " AStarted Signaled DScheduled DStarted DCompleted ACancelRequested ACanceled DScheduled");
  const auto canceled = b.event(12).activity_task_canceled_event_attributes();
  BOOST_TEST(canceled.details().data() == "bye");
  BOOST_TEST(canceled.latest_cancel_requested_event_id() == 11);
  BOOST_TEST(canceled.started_event_id() == 6);
}

BOOST_AUTO_TEST_CASE(a_cancel_request_ends_the_retries) {
  bench b;
  b.begin();
  b.decide({with_retry(schedule_activity("a1"), 5)});
  start_it(b, 5);
  b.send_signal("wake");
  b.decide({cancel("a1")});
  BOOST_REQUIRE(bool(fail(b, token(5), "flaky")));
  BOOST_TEST(b.shape() == std::string(scheduled_shape) +
                              " Signaled DScheduled DStarted DCompleted ACancelRequested AStarted AFailed DScheduled");
}

BOOST_AUTO_TEST_CASE(cancel_before_the_start_is_immediate) {
  bench b;
  b.begin();
  const auto result = b.decide({schedule_activity("a1"), cancel("a1")});
  BOOST_TEST(result.new_decision);
  BOOST_TEST(b.shape() == std::string(scheduled_shape) + " ACancelRequested ACanceled DScheduled");
  const auto canceled = b.event(7).activity_task_canceled_event_attributes();
  BOOST_TEST(canceled.details().data() == "ACTIVITY_ID_NOT_STARTED");
  BOOST_TEST(canceled.latest_cancel_requested_event_id() == 6);
  BOOST_TEST(canceled.started_event_id() == no_event_id);
  BOOST_TEST(canceled.identity() == "worker");
}

BOOST_AUTO_TEST_CASE(cancel_of_an_unknown_id_comes_last) {
  bench b;
  b.begin();
  b.decide({cancel("ghost"), start_timer("t", 300)});
  BOOST_TEST(b.shape() ==
             "Started DScheduled DStarted DCompleted ACancelRequested TimerStarted RequestCancelActivityTaskFailed");
  BOOST_TEST(!b.state().has_pending_decision());
  const auto failed = b.event(7).request_cancel_activity_task_failed_event_attributes();
  BOOST_TEST(failed.cause() == "ACTIVITY_ID_UNKNOWN");
  BOOST_TEST(failed.decision_task_completed_event_id() == 4);

  // What comes behind a close event is dropped.
  bench closing;
  closing.begin();
  closing.decide({cancel("ghost"), complete_workflow()});
  BOOST_TEST(closing.shape() == "Started DScheduled DStarted DCompleted ACancelRequested Completed");
}

BOOST_AUTO_TEST_CASE(local_dispatch_starts_at_once) {
  bench b;
  b.begin();
  auto d = schedule_activity("a1");
  d.mutable_schedule_activity_task_decision_attributes()->set_request_local_dispatch(true);
  auto retried = with_retry(schedule_activity("a2"), 3);
  retried.mutable_schedule_activity_task_decision_attributes()->set_request_local_dispatch(true);
  const auto result = b.decide({d, retried});
  BOOST_TEST(b.transfer(rec::TRANSFER_ACTIVITY).empty());
  BOOST_TEST(b.shape() == std::string(scheduled_shape) + " AScheduled AStarted");
  BOOST_REQUIRE_EQUAL(result.local_activities.size(), 2U);
  BOOST_TEST(result.local_activities.at("a1").schedule_id == 5);
  BOOST_TEST(result.local_activities.at("a1").activity_type == "act");
  BOOST_TEST(result.local_activities.at("a2").started_ns == b.now_ns);
  BOOST_REQUIRE(bool(finish(b, token(5))));
  BOOST_REQUIRE(bool(finish(b, token(6))));

  bench off;
  off.limits.local_dispatch_enabled = false;
  off.begin();
  BOOST_TEST(off.decide({d}).local_activities.empty());
  BOOST_TEST(off.transfer(rec::TRANSFER_ACTIVITY).size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
