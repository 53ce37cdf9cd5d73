#include "harness.hpp"

#include "messages/wire_time.hpp"
#include "workflow/signal.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;
using namespace cadenza::workflow::test;

namespace {

api::RespondDecisionTaskCompletedRequest answer() {
  api::RespondDecisionTaskCompletedRequest out;
  out.set_identity("worker");
  out.set_binary_checksum("binary");
  return out;
}

void fail(bench& b, const decision_started& d) {
  api::RespondDecisionTaskFailedRequest request;
  request.set_cause(api::DECISION_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE);
  request.mutable_details()->set_data("why");
  request.set_identity("worker");
  const auto result = b.command([&](transaction& tx) { return fail_decision(tx, d.schedule_id, d.attempt, request); });
  BOOST_REQUIRE(bool(result));
}

bool time_out(bench& b, const rec::TimerTask& timer) {
  const auto result = b.command([&](transaction& tx) { return decision_timed_out(tx, timer); });
  BOOST_REQUIRE(bool(result));
  return *result;
}

rec::TimerTask start_to_close_timer(bench& b) {
  const auto timers = b.timers(rec::TIMER_DECISION_TIMEOUT);
  BOOST_REQUIRE_EQUAL(timers.size(), 1U);
  BOOST_REQUIRE_EQUAL(timers[0].timeout_type(), static_cast<int>(api::TIMEOUT_TYPE_START_TO_CLOSE));
  return timers[0];
}

} // namespace

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
  BOOST_TEST(d.stored_next_event_id == 5);
  BOOST_TEST(d.next_event_id == 7);
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
  BOOST_TEST(!b.last.history[0].tree_row.has_value());
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
