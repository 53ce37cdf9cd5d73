#include "engine.hpp"

#include "messages/wire_time.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::workflow::test {
namespace {

const api::HistoryEvent& nth_from_end(const std::vector<api::HistoryEvent>& all, std::size_t n) {
  BOOST_REQUIRE(all.size() > n);
  return all[all.size() - 1 - n];
}

uuid reset_to(engine& e, std::int64_t event_id) {
  const auto made = e.try_reset(event_id, "undo");
  BOOST_REQUIRE_MESSAGE(bool(made), (made ? "" : made.error().message));
  e.check_invariants();
  return *made;
}

void refuse(engine& e, std::int64_t event_id, const std::string& part_of_message) {
  const auto made = e.try_reset(event_id, "undo");
  BOOST_REQUIRE(!made);
  BOOST_TEST(static_cast<int>(made.error().kind) == static_cast<int>(error_kind::bad_request));
  BOOST_TEST(made.error().message.find(part_of_message) != std::string::npos, made.error().message);
}

} // namespace

BOOST_AUTO_TEST_SUITE(resets)

BOOST_AUTO_TEST_CASE(fails_what_workers_had_and_schedules_the_rest_afresh) {
  engine e;
  e.begin();
  e.decide({schedule_activity("started"), schedule_activity("waiting")}); // 4, activities 5 and 6
  const auto task = e.poll_activity();                                    // 7
  BOOST_REQUIRE_EQUAL(task.schedule_id, 5);
  e.send_signal("go");             // 8, decision 9
  e.decide({complete_workflow()}); // 10, 11
  BOOST_REQUIRE_EQUAL(e.shape(), "Started DScheduled DStarted DCompleted AScheduled AScheduled AStarted Signaled "
                                 "DScheduled DStarted DCompleted Completed");
  e.advance_s(30);
  const auto base = e.subject_id();
  reset_to(e, 11);

  BOOST_TEST(e.shape() == "Started DScheduled DStarted DCompleted AScheduled AScheduled AStarted Signaled DScheduled "
                          "DStarted DFailed AFailed DScheduled");
  const auto all = e.events();
  const auto& failed = nth_from_end(all, 2).decision_task_failed_event_attributes();
  BOOST_TEST(failed.cause() == api::DECISION_TASK_FAILED_CAUSE_RESET_WORKFLOW);
  BOOST_TEST(failed.base_run_id() == base.str());
  BOOST_TEST(failed.new_run_id() == e.subject_id().str());
  BOOST_TEST(failed.failure().reason() == "undo");
  BOOST_TEST(failed.fork_event_version() == local_version);
  const auto& activity_failed = nth_from_end(all, 1).activity_task_failed_event_attributes();
  BOOST_TEST(activity_failed.failure().reason() == "undo");
  BOOST_TEST(activity_failed.scheduled_event_id() == 5);
  BOOST_TEST(activity_failed.started_event_id() == 7);
  BOOST_TEST(activity_failed.identity() == e.identity); // who had it

  const auto* waiting = e.state().activities().find(6);
  BOOST_REQUIRE(waiting != nullptr);
  BOOST_TEST(waiting->scheduled_ns() == e.now_ns);
  BOOST_TEST(e.activity_waits());
  BOOST_TEST(e.state().fixed().start_ns() == e.now_ns);
  // The execution timeout begins again.
  BOOST_TEST(std::any_of(e.outstanding_timers.begin(), e.outstanding_timers.end(), [&](const auto& t) {
    return t.type() == rec::TIMER_WORKFLOW_TIMEOUT && t.fire_ns() == e.now_ns / ns_per_ms * ns_per_ms + 100 * ns_per_s;
  }));
  e.decide({complete_workflow()});
  e.check_invariants();
  BOOST_TEST(e.state().closed());
}

BOOST_AUTO_TEST_CASE(a_decision_nobody_had_times_out) {
  engine e;
  e.begin();
  e.decide({record_marker("m")});
  reset_to(e, 3);
  BOOST_TEST(e.shape() == "Started DScheduled DTimedOut DScheduled");
  const auto out = e.event(3).decision_task_timed_out_event_attributes();
  BOOST_TEST(out.cause() == api::DECISION_TASK_TIMED_OUT_CAUSE_RESET);
  BOOST_TEST(out.timeout_type() == api::TIMEOUT_TYPE_SCHEDULE_TO_START);
  BOOST_TEST(out.reason() == "undo");
  BOOST_TEST(e.state().head().decision().attempt() == 0);
}

BOOST_AUTO_TEST_CASE(refuses_points_that_are_none) {
  engine e;
  e.begin();
  e.decide({record_marker("m"), record_marker("n")});
  e.send_signal("s");
  refuse(e, 1, "Decision finish ID must be > 1");
  refuse(e, 99, "Decision finish ID must be > 1");
  refuse(e, 5, "DecisionTaskCompleted. Attempting to reset on event type: MarkerRecorded");
  refuse(e, e.state().next_event_id(), "reset event must be of type");
  BOOST_TEST(e.state().open());

  engine waiting;
  auto request = waiting.request();
  waiting.begin(request, 10);
  refuse(waiting, 2, "Cannot reset workflow without a decision task schedule.");
}

BOOST_AUTO_TEST_CASE(refuses_the_middle_of_a_batch) {
  engine e;
  e.begin();
  // A later attempt is written as [scheduled, started] when it completes.
  const auto first = e.poll_decision();
  api::RespondDecisionTaskFailedRequest request;
  request.set_cause(api::DECISION_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE);
  BOOST_REQUIRE(
      bool(e.step([&](transaction& tx) { return fail_decision(tx, first.schedule_id, first.attempt, request); })));
  e.decide({record_marker("m")});
  BOOST_REQUIRE_EQUAL(e.shape(), "Started DScheduled DStarted DFailed DScheduled DStarted DCompleted MarkerRecorded");
  refuse(
      e, 6,
      "nDCStateRebuilder unable to rebuild mutable state to event ID: 5, version: -24, baseLastEventID + "
      "baseLastEventVersion is not the same as the last event of the last batch, event ID: 6, version :-24 ,typically "
      "because of attemptting to rebuild to a middle of a batch");
  reset_to(e, 7);
  BOOST_TEST(e.shape() == "Started DScheduled DStarted DFailed DScheduled DStarted DFailed DScheduled");
}

BOOST_AUTO_TEST_CASE(refuses_while_children_are_pending) {
  engine e;
  e.begin();
  api::Decision d;
  auto& child = *d.mutable_start_child_workflow_execution_decision_attributes();
  child.set_workflow_id("child");
  child.mutable_workflow_type()->set_name("type");
  e.decide({d});
  e.settle();
  e.decide();
  refuse(e, e.events().back().event_id(), "Can not reset workflow with pending child workflows");
  BOOST_TEST(e.state().open());
}

BOOST_AUTO_TEST_CASE(signals_come_again_without_their_request_ids) {
  engine e;
  e.begin();
  e.decide();
  e.send_signal("one", "request-1");
  e.decide();
  e.send_signal("two", "request-2");
  reset_to(e, 4);
  BOOST_TEST(e.shape() == "Started DScheduled DStarted DFailed Signaled Signaled DScheduled");
  for (const int id : {5, 6})
    BOOST_TEST(e.event(id).workflow_execution_signaled_event_attributes().request_id().empty());
  BOOST_TEST(e.event(6).workflow_execution_signaled_event_attributes().signal_name() == "two");
  BOOST_TEST(e.state().head().signal_count() == 2);
}

BOOST_AUTO_TEST_CASE(a_reset_run_can_be_reset) {
  engine e;
  e.begin();
  e.decide({record_marker("m")});
  e.send_signal("s");
  e.decide();
  const auto base_branch = e.state().current_branch().branch();
  const auto second = e.events().back().event_id();
  reset_to(e, second);
  const auto middle = e.state().current_branch().branch();
  BOOST_TEST(middle.tree_id() == base_branch.tree_id());
  BOOST_REQUIRE_EQUAL(middle.ancestors_size(), 1);
  BOOST_TEST(middle.ancestors(0).branch_id() == base_branch.branch_id());
  BOOST_TEST(middle.ancestors(0).begin_node() == 1);
  BOOST_TEST(middle.ancestors(0).end_node() == second);

  // Before the first fork: only the oldest branch is shared.
  e.decide();
  const auto reset_run = e.subject_id();
  reset_to(e, 4);
  BOOST_REQUIRE_EQUAL(e.state().current_branch().branch().ancestors_size(), 1);
  BOOST_TEST(e.state().current_branch().branch().ancestors(0).end_node() == 4);

  // Behind it: both.
  e.look_at(reset_run);
  std::int64_t point = 0;
  for (const auto& stored : e.events())
    if (stored.has_decision_task_completed_event_attributes())
      point = stored.event_id();
  BOOST_REQUIRE(point > second);
  reset_to(e, point);
  const auto& twice = e.state().current_branch().branch();
  BOOST_REQUIRE_EQUAL(twice.ancestors_size(), 2);
  BOOST_TEST(twice.ancestors(1).branch_id() == middle.branch_id());
  BOOST_TEST(twice.ancestors(1).begin_node() == second);
  BOOST_TEST(twice.ancestors(1).end_node() == point);
}

BOOST_AUTO_TEST_CASE(a_run_that_was_stopped_before_any_decision_worked) {
  engine e;
  e.begin();
  e.poll_decision();
  while (e.state().has_started_decision())
    BOOST_REQUIRE(e.fire_next());
  BOOST_REQUIRE_EQUAL(e.shape(), "Started DScheduled DStarted DTimedOut");
  e.stop("stuck");
  e.settle();
  reset_to(e, 4);
  BOOST_TEST(e.shape() == "Started DScheduled DStarted DFailed DScheduled");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::workflow::test
