#include "activities.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;
using namespace cadenza::workflow::test;

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

BOOST_AUTO_TEST_SUITE_END()
