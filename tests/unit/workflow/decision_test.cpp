#include "decision_answers.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;
using namespace cadenza::workflow::test;

BOOST_AUTO_TEST_SUITE(decision_tasks)

BOOST_AUTO_TEST_CASE(poll_and_complete) {
  bench b;
  b.begin();
  const auto d = b.poll_decision("p1");
  BOOST_TEST(d.schedule_id == 2);
  BOOST_TEST(d.started_id == 3);
  BOOST_TEST(d.attempt == 0);
  BOOST_TEST(d.previous_started_id == no_event_id);
  BOOST_TEST(d.next_event_id == 4);
  BOOST_TEST(d.synthetic.empty());
  BOOST_TEST(!d.sticky);
  BOOST_TEST(start_to_close_timer(b).fire_ns() == b.now_ns + 20 * ns_per_s);

  const auto result = b.respond(d, {complete_workflow()});
  BOOST_TEST(!result.new_decision);
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted Completed");
  BOOST_TEST(b.state().closed());
  BOOST_TEST(b.last.closed_run);
  BOOST_TEST(b.last.current->state() == run_state::completed);
  BOOST_TEST(b.last.current->close_status() == close_status::completed);
  BOOST_TEST(b.transfer(rec::TRANSFER_CLOSE).size() == 1);
  BOOST_TEST(b.timers(rec::TIMER_DELETE_HISTORY).size() == 1);
  BOOST_TEST(b.event(5).workflow_execution_completed_event_attributes().decision_task_completed_event_id() == 4);
}

BOOST_AUTO_TEST_CASE(the_same_poll_gets_the_same_answer) {
  bench b;
  b.begin();
  const auto d = b.poll_decision("p1");
  const auto again = b.command([](transaction& tx) { return start_decision(tx, 2, "p1", "worker"); });
  BOOST_REQUIRE(bool(again));
  BOOST_TEST(again->repeated);
  BOOST_TEST(again->started_id == d.started_id);
  const auto other = b.command([](transaction& tx) { return start_decision(tx, 2, "p2", "worker"); });
  BOOST_REQUIRE(!other);
  BOOST_TEST(other.error().message == "decision already started");
  const auto stale = b.command([](transaction& tx) { return start_decision(tx, 7, "p2", "worker"); });
  BOOST_REQUIRE(!stale);
  BOOST_TEST((stale.error().kind == error_kind::entity_not_exists));
  BOOST_TEST(b.shape() == "Started DScheduled DStarted");
}

BOOST_AUTO_TEST_CASE(answers_that_fit_no_decision) {
  bench b;
  b.begin();
  const auto request = answer();
  const auto respond = [&](std::int64_t schedule_id, std::int64_t attempt) {
    completion_input in;
    in.schedule_id = schedule_id;
    in.attempt = attempt;
    in.request = &request;
    return b.command([&](transaction& tx) { return complete_decision(tx, in); });
  };
  BOOST_TEST(!respond(2, 0)); // not started
  b.poll_decision();
  BOOST_TEST(!respond(2, 1));
  BOOST_TEST(!respond(3, 0));
  BOOST_TEST(bool(respond(2, 0)));
  const auto late = respond(2, 0);
  BOOST_REQUIRE(!late);
  BOOST_TEST((late.error().kind == error_kind::entity_not_exists));
  BOOST_TEST(b.state().head().last_processed_event() == 3);
}

BOOST_AUTO_TEST_CASE(later_attempts_leave_no_trace_until_one_completes) {
  bench b;
  b.begin();
  fail(b, b.poll_decision("p0"));
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DFailed");
  BOOST_TEST(b.state().head().decision().attempt() == 1);
  BOOST_TEST(b.state().head().decision().schedule_id() == 5);

  b.advance_s(1);
  auto d = b.poll_decision("p1");
  BOOST_TEST(d.attempt == 1);
  BOOST_TEST(d.started_id == 6);
  BOOST_TEST(d.next_event_id == 5); // the worker's events of this attempt are not stored
  BOOST_REQUIRE_EQUAL(d.synthetic.size(), 2U);
  BOOST_TEST(d.synthetic[0].event_id() == 5);
  BOOST_TEST(d.synthetic[1].decision_task_started_event_attributes().identity() == "worker");
  BOOST_TEST(start_to_close_timer(b).fire_ns() == b.now_ns + 20 * ns_per_s);

  b.advance_s(20);
  BOOST_TEST(time_out(b, start_to_close_timer(b)));
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DFailed");
  BOOST_TEST(b.state().next_event_id() == 5);

  b.advance_s(1);
  const auto scheduled_ns = b.now_ns - ns_per_s;
  const auto started_ns = b.now_ns;
  d = b.poll_decision("p2");
  BOOST_TEST(d.attempt == 2);
  const auto timeout_ns = start_to_close_timer(b).fire_ns() - b.now_ns;
  BOOST_TEST(timeout_ns >= 48 * ns_per_s);
  BOOST_TEST(timeout_ns <= 60 * ns_per_s);

  b.advance_s(5);
  b.respond(d, {record_marker("m")});
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DFailed DScheduled DStarted DCompleted MarkerRecorded");
  BOOST_REQUIRE_EQUAL(b.last.history.size(), 2U);
  BOOST_TEST(b.last.history[0].first_event_id == 5);
  BOOST_TEST(b.last.history[1].first_event_id == 7);
  BOOST_TEST(!b.last.new_branch.has_value());
  BOOST_TEST(b.state().head().last_first_event_id() == 7);
  const auto s = b.event(5);
  BOOST_TEST(s.decision_task_scheduled_event_attributes().attempt() == 2);
  BOOST_TEST(s.decision_task_scheduled_event_attributes().start_to_close_timeout().seconds() >= 48);
  BOOST_TEST(ns_of(s.event_time()) == scheduled_ns);
  BOOST_TEST(ns_of(b.event(6).event_time()) == started_ns);
  BOOST_TEST(ns_of(b.event(7).event_time()) == b.now_ns);
  BOOST_TEST(b.state().head().last_processed_event() == 6);
  BOOST_TEST(b.state().head().next_decision_attempt() == 0);
}

BOOST_AUTO_TEST_CASE(signals_while_a_decision_is_out_wait_for_it) {
  bench b;
  b.begin();
  const auto d = b.poll_decision();
  b.advance_s(1);
  const auto arrived = b.now_ns;
  b.send_signal("a", "r1");
  BOOST_TEST(b.state().next_event_id() == 4);
  BOOST_TEST(b.state().buffered().size() == 1);
  BOOST_TEST(b.last.history.empty());
  b.send_signal("b", "r2");
  BOOST_TEST(b.state().head().buffered_batches() == 2);
  b.advance_s(1);
  const auto result = b.respond(d, {complete_workflow()});
  BOOST_REQUIRE(result.failed_cause.has_value());
  BOOST_TEST(*result.failed_cause == api::DECISION_TASK_FAILED_CAUSE_UNHANDLED_DECISION);
  BOOST_TEST(result.new_decision);
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DFailed Signaled Signaled DScheduled");
  BOOST_TEST(b.event(4).decision_task_failed_event_attributes().failure().details() ==
             "cannot complete workflow, new pending decisions were scheduled while this decision was processing");
  BOOST_TEST(b.event(4).decision_task_failed_event_attributes().binary_checksum() == "binary");
  BOOST_TEST(b.event(4).decision_task_failed_event_attributes().fork_event_version() == 0);
  BOOST_TEST(ns_of(b.event(5).event_time()) == arrived);
  BOOST_TEST(b.state().buffered().empty());
  BOOST_TEST(b.state().head().decision().attempt() == 0);
  b.decide({complete_workflow("now")});
  BOOST_TEST(b.state().closed());
}

BOOST_AUTO_TEST_CASE(other_decisions_go_through_beside_unhandled_events) {
  bench b;
  b.begin();
  const auto d = b.poll_decision();
  b.send_signal("a");
  const auto result = b.respond(d, {record_marker("m")});
  BOOST_TEST(result.new_decision);
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted MarkerRecorded Signaled DScheduled");
}

BOOST_AUTO_TEST_CASE(a_bad_decision_takes_the_whole_answer_with_it) {
  bench b;
  b.begin();
  const auto result = b.decide({record_marker("m"), start_timer("t", 0)});
  BOOST_REQUIRE(result.failed_cause.has_value());
  BOOST_TEST(*result.failed_cause == api::DECISION_TASK_FAILED_CAUSE_BAD_START_TIMER_ATTRIBUTES);
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DFailed");
  BOOST_TEST(b.state().head().decision().attempt() == 1);
  BOOST_TEST(b.state().fixed().auto_reset_points().points_size() == 0);
  BOOST_TEST(b.transfer(rec::TRANSFER_DECISION).size() == 1);
}

BOOST_AUTO_TEST_CASE(too_many_attempts_end_the_run) {
  bench b;
  b.limits.decision_attempts_max = 2;
  b.begin();
  for (int i = 0; i < 2; ++i)
    b.decide({start_timer("t", 0)});
  BOOST_TEST(b.state().open());
  const auto result = b.decide({start_timer("t", 0)});
  BOOST_TEST(!result.new_decision);
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DFailed Terminated");
  BOOST_TEST(b.event(5).workflow_execution_terminated_event_attributes().reason() == "DECISION_ATTEMPTS_EXCEEDS_LIMIT");
  BOOST_TEST(b.last.current->close_status() == close_status::terminated);
}

BOOST_AUTO_TEST_CASE(timeouts_end_the_run_only_when_enforced) {
  for (const bool enforced : {false, true}) {
    bench b;
    b.limits.decision_attempts_max = 1;
    b.limits.enforce_decision_attempts = enforced;
    b.begin();
    for (int i = 0; i < 2; ++i) {
      b.poll_decision();
      BOOST_TEST(time_out(b, start_to_close_timer(b)));
    }
    BOOST_TEST(b.state().open() != enforced);
    BOOST_TEST(b.event(4).decision_task_timed_out_event_attributes().fork_event_version() == local_version);
    BOOST_TEST(b.event(4).decision_task_timed_out_event_attributes().started_event_id() == 3);
  }
}

BOOST_AUTO_TEST_CASE(stale_timers_do_nothing) {
  bench b;
  b.begin();
  const auto d = b.poll_decision();
  const auto timer = start_to_close_timer(b);
  auto other = timer;
  other.set_attempt(1);
  BOOST_TEST(!time_out(b, other));
  other = timer;
  other.set_event_id(9);
  BOOST_TEST(!time_out(b, other));
  other = timer;
  other.set_version(3);
  BOOST_TEST(!time_out(b, other));
  other = timer;
  other.set_timeout_type(api::TIMEOUT_TYPE_SCHEDULE_TO_START);
  BOOST_TEST(!time_out(b, other));
  b.respond(d);
  BOOST_TEST(!time_out(b, timer));
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted");
}

BOOST_AUTO_TEST_SUITE_END()
