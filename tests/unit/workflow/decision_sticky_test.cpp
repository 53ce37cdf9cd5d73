#include "decision_answers.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;
using namespace cadenza::workflow::test;

BOOST_AUTO_TEST_SUITE(decision_tasks)

BOOST_AUTO_TEST_CASE(an_event_in_between_makes_the_next_attempt_a_new_decision) {
  bench b;
  b.begin();
  fail(b, b.poll_decision("p0"));
  b.send_signal("s");
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DFailed Signaled");
  const auto d = b.poll_decision("p1");
  BOOST_TEST(d.attempt == 0);
  BOOST_TEST(d.schedule_id == 6);
  BOOST_TEST(d.started_id == 7);
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DFailed Signaled DScheduled DStarted");
  b.respond(d, {complete_workflow()});
}

BOOST_AUTO_TEST_CASE(sticky_list_and_its_timeout) {
  bench b;
  b.begin();
  auto request = answer();
  request.mutable_sticky_attributes()->mutable_worker_task_list()->set_name("sticky");
  set_seconds(*request.mutable_sticky_attributes()->mutable_schedule_to_start_timeout(), 5);
  BOOST_REQUIRE(bool(b.try_respond(b.poll_decision(), request)));
  b.send_signal("s");
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted Signaled DScheduled");
  BOOST_TEST(b.event(6).decision_task_scheduled_event_attributes().task_list().name() == "sticky");
  const auto task = b.transfer(rec::TRANSFER_DECISION).at(0);
  BOOST_TEST(task.task_list() == "sticky");
  BOOST_TEST(task.task_list_kind() == api::TASK_LIST_KIND_STICKY);
  BOOST_TEST(task.original_task_list() == "list");
  BOOST_TEST(task.schedule_to_start_s() == 5);
  const auto timer = b.timers(rec::TIMER_DECISION_TIMEOUT).at(0);
  BOOST_TEST(timer.fire_ns() == b.now_ns + 5 * ns_per_s);
  b.advance_s(5);
  BOOST_TEST(time_out(b, timer));
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted Signaled DScheduled DTimedOut DScheduled");
  const auto a = b.event(7).decision_task_timed_out_event_attributes();
  BOOST_TEST(a.started_event_id() == 0);
  BOOST_TEST(a.scheduled_event_id() == 6);
  BOOST_TEST(a.timeout_type() == api::TIMEOUT_TYPE_SCHEDULE_TO_START);
  BOOST_TEST(b.event(8).decision_task_scheduled_event_attributes().task_list().name() == "list");
  const auto d = b.poll_decision();
  BOOST_TEST(d.attempt == 0);
  BOOST_TEST(!d.sticky);
  BOOST_TEST(d.previous_started_id == 3);
}

BOOST_AUTO_TEST_CASE(stickiness_goes_away) {
  const auto stick = [](bench& b) {
    auto request = answer();
    request.mutable_sticky_attributes()->mutable_worker_task_list()->set_name("sticky");
    set_seconds(*request.mutable_sticky_attributes()->mutable_schedule_to_start_timeout(), 5);
    BOOST_REQUIRE(bool(b.try_respond(b.poll_decision(), request)));
    BOOST_TEST(b.state().head().sticky_task_list() == "sticky");
  };
  { // when it was not used for long
    bench b;
    b.limits.sticky_ttl_s = 60;
    b.begin();
    stick(b);
    b.advance_s(61);
    b.send_signal("s");
    BOOST_TEST(b.state().head().decision().task_list() == "list");
  }
  { // when the worker asks for it
    bench b;
    b.begin();
    stick(b);
    BOOST_TEST(bool(b.command([](transaction& tx) { return clear_sticky(tx); })));
    b.send_signal("s");
    BOOST_TEST(b.state().head().decision().task_list() == "list");
  }
  { // when a decision fails
    bench b;
    b.begin();
    stick(b);
    b.send_signal("s");
    fail(b, b.poll_decision());
    BOOST_TEST(b.state().head().decision().task_list() == "list");
    BOOST_TEST(b.state().head().sticky_task_list().empty());
  }
  { // when an answer says nothing of it
    bench b;
    b.begin();
    stick(b);
    b.send_signal("s");
    b.decide();
    BOOST_TEST(b.state().head().sticky_task_list().empty());
  }
}

BOOST_AUTO_TEST_CASE(heartbeats_end_after_a_while) {
  bench b;
  b.begin();
  auto request = answer();
  request.set_force_create_new_decision_task(true);
  const auto first_ns = b.state().head().decision().original_scheduled_ns();
  BOOST_TEST(first_ns == b.now_ns);
  for (int i = 0; i < 3; ++i) {
    b.advance_s(600);
    const auto result = b.try_respond(b.poll_decision(), request);
    BOOST_REQUIRE(bool(result));
    BOOST_TEST(result->heartbeat);
    BOOST_TEST(result->new_decision);
    BOOST_TEST(!result->heartbeat_expired);
    BOOST_TEST(b.state().head().decision().original_scheduled_ns() == first_ns);
  }
  b.advance_s(1);
  const auto result = b.try_respond(b.poll_decision(), request);
  BOOST_REQUIRE(bool(result));
  BOOST_TEST(result->heartbeat_expired);
  BOOST_TEST(result->new_decision);
  const auto all = b.events();
  BOOST_TEST(shape_of({all.end() - 3, all.end()}) == "DScheduled DStarted DTimedOut");
  BOOST_TEST(b.state().head().decision().attempt() == 1);
}

BOOST_AUTO_TEST_CASE(a_new_decision_may_come_with_the_answer) {
  bench b;
  b.begin();
  auto request = answer();
  request.set_force_create_new_decision_task(true);
  request.set_return_new_decision_task(true);
  const auto result = b.try_respond(b.poll_decision(), request);
  BOOST_REQUIRE(bool(result));
  BOOST_REQUIRE(result->returned.has_value());
  BOOST_TEST(result->returned->sticky);
  BOOST_TEST(result->returned->schedule_id == 5);
  BOOST_TEST(result->returned->started_id == 6);
  BOOST_TEST(b.transfer(rec::TRANSFER_DECISION).empty());
  BOOST_TEST(b.timers(rec::TIMER_DECISION_TIMEOUT).size() == 1);
  BOOST_TEST(b.event(6).decision_task_started_event_attributes().request_id() ==
             "request-from-RespondDecisionTaskCompleted");
  b.respond(*result->returned, {complete_workflow()});
  BOOST_TEST(b.state().closed());
}

BOOST_AUTO_TEST_CASE(bad_binaries_are_refused) {
  bench b;
  b.begin();
  (*b.domain_row.mutable_domain()->mutable_bad_binaries()->mutable_binaries())["binary"].set_reason("broken");
  const auto result = b.decide({complete_workflow()});
  BOOST_REQUIRE(result.failed_cause.has_value());
  BOOST_TEST(*result.failed_cause == api::DECISION_TASK_FAILED_CAUSE_BAD_BINARY);
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DFailed");
}

BOOST_AUTO_TEST_CASE(histories_have_a_limit) {
  bench b;
  b.limits.history_count_error = 5;
  b.begin();
  b.decide({record_marker("m")});
  BOOST_TEST(b.state().open());
  b.send_signal("s");
  b.decide({record_marker("m")});
  BOOST_TEST(b.shape() ==
             "Started DScheduled DStarted DCompleted MarkerRecorded Signaled DScheduled DStarted DCompleted Failed");
  BOOST_TEST(b.event(10).workflow_execution_failed_event_attributes().failure().reason() == "HISTORY_EXCEEDS_LIMIT");
}

BOOST_AUTO_TEST_CASE(reset_points_are_kept_per_binary) {
  bench b;
  b.limits.max_auto_reset_points = 2;
  b.begin();
  auto request = answer();
  request.set_force_create_new_decision_task(true);
  for (const auto* binary : {"b1", "b1", "b2", "b3"}) {
    request.set_binary_checksum(binary);
    BOOST_REQUIRE(bool(b.try_respond(b.poll_decision(), request)));
    BOOST_TEST(b.transfer(rec::TRANSFER_UPSERT).size() == (b.state().next_event_id() == 9 ? 0U : 1U));
  }
  const auto& points = b.state().fixed().auto_reset_points().points();
  BOOST_REQUIRE_EQUAL(points.size(), 2);
  BOOST_TEST(points[0].binary_checksum() == "b2");
  BOOST_TEST(points[1].binary_checksum() == "b3");
  BOOST_TEST(points[1].resettable());
  BOOST_TEST(b.state().fixed().search_attributes().indexed_fields().at("BinaryChecksums").data() == "[\"b2\",\"b3\"]");

  (*b.domain_row.mutable_domain()->mutable_bad_binaries()->mutable_binaries())["b3"].set_reason("broken");
  b.send_signal("s");
  BOOST_TEST(b.transfer(rec::TRANSFER_RESET).size() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
