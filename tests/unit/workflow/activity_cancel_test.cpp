#include "activities.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;
using namespace cadenza::workflow::test;

BOOST_AUTO_TEST_SUITE(activities)

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
