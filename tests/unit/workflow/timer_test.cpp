#include "harness.hpp"

#include "messages/wire_time.hpp"
#include "workflow/timer.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;
using namespace cadenza::workflow::test;

namespace {

bool fire(bench& b, const rec::TimerTask& task) {
  const auto fired = b.command([&](transaction& tx) { return user_timers_due(tx, task); });
  BOOST_REQUIRE(bool(fired));
  return *fired;
}

rec::TimerTask only_task(bench& b) {
  const auto tasks = b.timers(rec::TIMER_USER);
  BOOST_REQUIRE_EQUAL(tasks.size(), 1U);
  return tasks[0];
}

} // namespace

BOOST_AUTO_TEST_SUITE(user_timers)

BOOST_AUTO_TEST_CASE(one_task_is_outstanding_and_timers_fire_in_order) {
  bench b;
  b.begin();
  b.decide({start_timer("slow", 8), start_timer("fast", 2), start_timer("mid", 4)});
  auto task = only_task(b);
  BOOST_TEST(task.event_id() == 6); // fast
  BOOST_TEST(task.fire_ns() == b.now_ns + 2 * ns_per_s);

  b.advance_s(2);
  BOOST_TEST(fire(b, task));
  const auto next = only_task(b);
  BOOST_TEST(next.event_id() == 7); // mid
  BOOST_TEST(b.state().has_pending_decision());
  BOOST_TEST(!fire(b, task)); // delivered twice

  // Both others are due by the second; the slow one is not.
  b.advance_ms(1'999);
  BOOST_TEST(!fire(b, next));
  b.advance_ms(1);
  BOOST_TEST(fire(b, next));
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted TimerStarted TimerStarted TimerStarted TimerFired "
                          "DScheduled TimerFired");
  BOOST_TEST(b.event(8).timer_fired_event_attributes().timer_id() == "fast");
  BOOST_TEST(b.event(8).timer_fired_event_attributes().started_event_id() == 6);
  BOOST_TEST(b.event(10).timer_fired_event_attributes().timer_id() == "mid");
  BOOST_TEST(only_task(b).event_id() == 5);
}

BOOST_AUTO_TEST_CASE(an_earlier_timer_gets_a_task_of_its_own) {
  bench b;
  b.begin();
  b.decide({start_timer("late", 50)});
  BOOST_TEST(only_task(b).event_id() == 5);
  b.send_signal("wake");
  b.decide({start_timer("early", 5)});
  BOOST_TEST(only_task(b).event_id() == 10);
  // The late one still has its task, so it gets no second one.
  b.advance_s(5);
  rec::TimerTask wake_up;
  BOOST_TEST(fire(b, wake_up));
  BOOST_TEST(b.timers(rec::TIMER_USER).empty());
  BOOST_TEST(b.state().timers().find("late")->task_outstanding());
}

BOOST_AUTO_TEST_CASE(timers_compare_whole_seconds) {
  bench b;
  b.now_ns += 900 * ns_per_ms;
  b.begin();
  b.decide({start_timer("t", 1)});
  const auto task = only_task(b);
  b.advance_ms(100); // the second of the expiry has begun, although a fraction is missing
  BOOST_TEST(fire(b, task));
}

BOOST_AUTO_TEST_CASE(fractions_of_seconds_are_cut_off) {
  bench b;
  b.begin();
  auto d = start_timer("t", 1);
  d.mutable_start_timer_decision_attributes()->mutable_start_to_fire_timeout()->set_nanos(500'000'000);
  b.decide({d});
  const auto timeout = b.event(5).timer_started_event_attributes().start_to_fire_timeout();
  BOOST_TEST(timeout.seconds() == 1);
  BOOST_TEST(timeout.nanos() == 0);
}

BOOST_AUTO_TEST_CASE(cancel_of_a_running_and_of_an_unknown_timer) {
  bench b;
  b.begin();
  b.decide({start_timer("t", 500)});
  b.send_signal("wake");
  b.decide({cancel_timer("t"), cancel_timer("ghost"), start_timer("t", 3)});
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted TimerStarted Signaled DScheduled DStarted DCompleted "
                          "TimerCanceled CancelTimerFailed TimerStarted");
  const auto canceled = b.event(10).timer_canceled_event_attributes();
  BOOST_TEST(canceled.timer_id() == "t");
  BOOST_TEST(canceled.started_event_id() == 5);
  BOOST_TEST(canceled.decision_task_completed_event_id() == 9);
  BOOST_TEST(canceled.identity() == "worker");
  const auto failed = b.event(11).cancel_timer_failed_event_attributes();
  BOOST_TEST(failed.cause() == "TIMER_ID_UNKNOWN");
  BOOST_TEST(failed.identity() == "worker");
  BOOST_TEST(b.state().timers().find("t")->started_id() == 12);
}

BOOST_AUTO_TEST_CASE(canceling_a_buffered_fired_timer_takes_it_away) {
  bench b;
  b.begin();
  b.decide({start_timer("t", 2)});
  const auto task = only_task(b);
  b.send_signal("wake");
  const auto decision = b.poll_decision();
  b.advance_s(2);
  BOOST_TEST(fire(b, task));
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted TimerStarted Signaled DScheduled DStarted");
  // Nothing is unhandled any more, so the same answer may complete the run.
  const auto result = b.respond(decision, {cancel_timer("t"), complete_workflow()});
  BOOST_TEST(!result.failed_cause);
  BOOST_TEST(
      b.shape() ==
      "Started DScheduled DStarted DCompleted TimerStarted Signaled DScheduled DStarted DCompleted TimerCanceled "
      "Completed");
  BOOST_TEST(b.event(10).timer_canceled_event_attributes().started_event_id() == 5);
}

BOOST_AUTO_TEST_CASE(other_buffered_events_still_block_the_completion) {
  bench b;
  b.begin();
  b.decide({start_timer("t", 2)});
  const auto task = only_task(b);
  b.send_signal("wake");
  const auto decision = b.poll_decision();
  b.advance_s(2);
  BOOST_TEST(fire(b, task));
  b.send_signal("more");
  const auto result = b.respond(decision, {cancel_timer("t"), complete_workflow()});
  BOOST_TEST((result.failed_cause == api::DECISION_TASK_FAILED_CAUSE_UNHANDLED_DECISION));
  BOOST_TEST(
      b.shape() ==
      "Started DScheduled DStarted DCompleted TimerStarted Signaled DScheduled DStarted DFailed TimerFired Signaled "
      "DScheduled");
}

BOOST_AUTO_TEST_CASE(a_closed_run_fires_nothing) {
  bench b;
  b.begin();
  b.decide({start_timer("t", 2)});
  const auto task = only_task(b);
  b.send_signal("wake");
  b.decide({complete_workflow()});
  BOOST_TEST(b.timers(rec::TIMER_USER).empty());
  b.advance_s(2);
  BOOST_TEST(!fire(b, task));
}

BOOST_AUTO_TEST_SUITE_END()
