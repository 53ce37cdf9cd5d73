#include "harness.hpp"

#include "messages/wire_time.hpp"
#include "workflow/external.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;
using namespace cadenza::workflow::test;

namespace {

constexpr const char* initiated_shape = "Started DScheduled DStarted DCompleted StartChildWorkflowExecutionInitiated";
const std::string child_run = "11111111-1111-4111-8111-111111111111";

api::Decision start_child(const std::string& id = "child") {
  api::Decision d;
  auto& a = *d.mutable_start_child_workflow_execution_decision_attributes();
  a.set_workflow_id(id);
  a.mutable_workflow_type()->set_name("child-type");
  a.mutable_input()->set_data("child-in");
  a.set_control("c");
  (*a.mutable_header()->mutable_fields())["h"].set_data("v");
  (*a.mutable_memo()->mutable_fields())["m"].set_data("v");
  a.set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);
  return d;
}

api::Decision signal_target(const std::string& id = "target") {
  api::Decision d;
  auto& a = *d.mutable_signal_external_workflow_execution_decision_attributes();
  a.mutable_workflow_execution()->set_workflow_id(id);
  a.mutable_workflow_execution()->set_run_id(child_run);
  a.set_signal_name("poke");
  a.mutable_input()->set_data("pp");
  a.set_control("ctl");
  a.set_child_workflow_only(true);
  return d;
}

api::Decision cancel_target(const std::string& id = "target") {
  api::Decision d;
  auto& a = *d.mutable_request_cancel_external_workflow_execution_decision_attributes();
  a.mutable_workflow_execution()->set_workflow_id(id);
  a.set_control("ctl");
  return d;
}

/// Runs one of the outcomes; its answer.
template <class Rule> bool told(bench& b, Rule&& rule) {
  const auto result = b.command(std::forward<Rule>(rule));
  BOOST_REQUIRE_MESSAGE(bool(result), (result ? "" : result.error().message));
  return *result;
}

rec::TransferTask only_task(bench& b, rec::TransferType type) {
  const auto tasks = b.transfer(type);
  BOOST_REQUIRE_EQUAL(tasks.size(), 1U);
  return tasks[0];
}

/// A parent that knows that its child runs.
void start_family(bench& b) {
  b.begin();
  b.decide({start_child()});
  BOOST_REQUIRE(told(b, [](transaction& tx) { return child_started(tx, 5, child_run); }));
}

std::optional<child_start> plan(bench& b, const rec::TransferTask& task) {
  std::optional<child_start> out;
  b.change([&](transaction& tx) {
    auto planned = plan_child_start(tx, task);
    BOOST_REQUIRE(bool(planned));
    out = *planned;
  });
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(external_runs)

BOOST_AUTO_TEST_CASE(a_child_is_initiated_with_what_it_inherits) {
  bench b;
  b.begin();
  b.decide({start_child()});
  BOOST_TEST(b.shape() == initiated_shape);
  const auto a = b.event(5).start_child_workflow_execution_initiated_event_attributes();
  BOOST_TEST(a.domain() == "suite");
  BOOST_TEST(a.task_list().name() == "list");
  BOOST_TEST((a.task_list().kind() == api::TASK_LIST_KIND_NORMAL));
  BOOST_TEST(a.execution_start_to_close_timeout().seconds() == 100);
  BOOST_TEST(a.task_start_to_close_timeout().seconds() == 20);
  BOOST_TEST((a.parent_close_policy() == api::PARENT_CLOSE_POLICY_TERMINATE));
  BOOST_TEST(a.decision_task_completed_event_id() == 4);

  const auto task = only_task(b, rec::TRANSFER_START_CHILD);
  BOOST_TEST(task.initiated_id() == 5);
  BOOST_TEST(task.target_workflow_id() == "child");
  const auto start = plan(b, task);
  BOOST_REQUIRE(start.has_value());
  BOOST_TEST(!start->already_started);
  BOOST_TEST(start->domain == "suite");
  BOOST_TEST(start->request.workflow_id() == "child");
  BOOST_TEST(start->request.input().data() == "child-in");
  BOOST_TEST(start->request.header().fields().at("h").data() == "v");
  BOOST_TEST(start->request.memo().fields().at("m").data() == "v");
  BOOST_TEST(start->request.request_id() == b.state().children().find(5)->create_request_id());
  BOOST_TEST(!start->request.request_id().empty());
  BOOST_TEST(start->parent.workflow_id == "wf");
  BOOST_TEST(start->parent.initiated_id == 5);
  BOOST_TEST(start->parent.domain == "suite");
}

BOOST_AUTO_TEST_CASE(close_policies_without_the_feature_abandon) {
  bench b;
  b.limits.parent_close_policy_enabled = false;
  b.begin();
  b.decide({start_child()});
  BOOST_TEST((b.event(5).start_child_workflow_execution_initiated_event_attributes().parent_close_policy() ==
              api::PARENT_CLOSE_POLICY_ABANDON));
}

BOOST_AUTO_TEST_CASE(a_started_child_is_told_once) {
  bench b;
  b.begin();
  b.decide({start_child()});
  const auto task = only_task(b, rec::TRANSFER_START_CHILD);
  BOOST_TEST(told(b, [](transaction& tx) { return child_started(tx, 5, child_run); }));
  BOOST_TEST(b.shape() == std::string(initiated_shape) + " ChildWorkflowExecutionStarted DScheduled");
  const auto a = b.event(6).child_workflow_execution_started_event_attributes();
  BOOST_TEST(a.domain() == "suite");
  BOOST_TEST(a.workflow_execution().run_id() == child_run);
  BOOST_TEST(a.workflow_type().name() == "child-type");
  BOOST_TEST(a.initiated_event_id() == 5);
  BOOST_TEST(a.header().fields().at("h").data() == "v");
  BOOST_TEST(!told(b, [](transaction& tx) { return child_started(tx, 5, child_run); }));
  BOOST_TEST(!told(b, [](transaction& tx) { return child_started(tx, 7, child_run); }));
  // The task comes again after a crash: only the child's first decision remains.
  const auto again = plan(b, task);
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(again->already_started);
  BOOST_TEST(again->started_run_id == child_run);
}

BOOST_AUTO_TEST_CASE(an_id_in_use_fails_the_start) {
  bench b;
  b.begin();
  b.decide({start_child()});
  const auto task = only_task(b, rec::TRANSFER_START_CHILD);
  constexpr auto running = api::CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_RUNNING;
  BOOST_TEST(told(b, [](transaction& tx) { return child_start_failed(tx, 5, running); }));
  BOOST_TEST(b.shape() == std::string(initiated_shape) + " StartChildWorkflowExecutionFailed DScheduled");
  const auto a = b.event(6).start_child_workflow_execution_failed_event_attributes();
  BOOST_TEST(a.workflow_id() == "child");
  BOOST_TEST(a.control() == "c");
  BOOST_TEST(a.decision_task_completed_event_id() == 4);
  BOOST_TEST((a.cause() == running));
  BOOST_TEST(b.state().children().empty());
  BOOST_TEST(!plan(b, task));
}

BOOST_AUTO_TEST_CASE(every_end_of_a_child_reaches_its_parent) {
  std::vector<std::pair<api::HistoryEvent, std::string>> ends(5);
  ends[0].first.mutable_workflow_execution_completed_event_attributes()->mutable_result()->set_data("x");
  ends[0].second = "ChildWorkflowExecutionCompleted";
  ends[1].first.mutable_workflow_execution_failed_event_attributes()->mutable_failure()->set_reason("x");
  ends[1].second = "ChildWorkflowExecutionFailed";
  ends[2].first.mutable_workflow_execution_canceled_event_attributes()->mutable_details()->set_data("x");
  ends[2].second = "ChildWorkflowExecutionCanceled";
  ends[3].first.mutable_workflow_execution_timed_out_event_attributes()->set_timeout_type(
      api::TIMEOUT_TYPE_START_TO_CLOSE);
  ends[3].second = "ChildWorkflowExecutionTimedOut";
  ends[4].first.mutable_workflow_execution_terminated_event_attributes();
  ends[4].second = "ChildWorkflowExecutionTerminated";
  for (const auto& [event, name] : ends) {
    bench b;
    start_family(b);
    b.decide();
    BOOST_TEST(told(b, [&](transaction& tx) { return child_closed(tx, 5, "child", child_run, event); }));
    BOOST_TEST(b.shape() == std::string(initiated_shape) +
                                " ChildWorkflowExecutionStarted DScheduled DStarted DCompleted " + name +
                                " DScheduled");
    BOOST_TEST(b.state().children().empty());
    const auto again = b.command([&](transaction& tx) { return child_closed(tx, 5, "child", child_run, event); });
    BOOST_REQUIRE(!again);
    BOOST_TEST((again.error().kind == error_kind::entity_not_exists));
  }
}

BOOST_AUTO_TEST_CASE(a_child_that_starts_and_ends_during_a_decision) {
  bench b;
  b.begin();
  b.decide({start_child()});
  b.send_signal("wake");
  const auto decision = b.poll_decision();
  api::HistoryEvent done;
  done.mutable_workflow_execution_completed_event_attributes();
  const auto early = b.command([&](transaction& tx) { return child_closed(tx, 5, "child", child_run, done); });
  BOOST_REQUIRE(!early);
  BOOST_TEST((early.error().kind == error_kind::unavailable)); // to be tried again
  BOOST_TEST(told(b, [](transaction& tx) { return child_started(tx, 5, child_run); }));
  const auto other = b.command([&](transaction& tx) { return child_closed(tx, 5, "other", child_run, done); });
  BOOST_REQUIRE(!other);
  BOOST_TEST((other.error().kind == error_kind::entity_not_exists));
  BOOST_TEST(told(b, [&](transaction& tx) { return child_closed(tx, 5, "child", child_run, done); }));
  b.send_signal("late");
  b.respond(decision);
  BOOST_TEST(b.shape() == std::string(initiated_shape) +
                              " Signaled DScheduled DStarted DCompleted ChildWorkflowExecutionStarted Signaled "
                              "ChildWorkflowExecutionCompleted DScheduled");
  BOOST_TEST(b.event(12).child_workflow_execution_completed_event_attributes().started_event_id() == 10);
}

BOOST_AUTO_TEST_CASE(a_closed_parent_starts_no_child) {
  bench b;
  b.begin();
  b.decide({start_child(), complete_workflow()});
  const auto task = only_task(b, rec::TRANSFER_START_CHILD);
  std::optional<child_start> planned;
  const auto environment = b.env();
  transaction tx(*b.subject().state, environment, b.subject().history);
  const auto start = plan_child_start(tx, task);
  BOOST_REQUIRE(bool(start));
  BOOST_TEST(!*start);
}

BOOST_AUTO_TEST_CASE(signals_to_other_runs) {
  bench b;
  b.begin();
  b.decide({signal_target()});
  const auto initiated = b.event(5).signal_external_workflow_execution_initiated_event_attributes();
  BOOST_TEST(initiated.child_workflow_only());
  BOOST_TEST(initiated.signal_name() == "poke");
  const auto task = only_task(b, rec::TRANSFER_SIGNAL_EXTERNAL);
  BOOST_TEST(task.child_only());
  b.change([&](transaction& tx) {
    const auto planned = plan_external_signal(tx, task);
    BOOST_REQUIRE(bool(planned));
    BOOST_REQUIRE(planned->has_value());
    const auto& s = **planned;
    BOOST_TEST(s.workflow_id == "target");
    BOOST_TEST(s.run_id == child_run);
    BOOST_TEST(s.input.name == "poke");
    BOOST_TEST(s.input.input.value() == "pp");
    BOOST_TEST(s.input.identity == "history-service");
    BOOST_TEST(s.input.request_id == tx.state().signals().find(5)->signal_request_id());
    BOOST_TEST(s.input.origin->child_only);
    BOOST_TEST(s.input.origin->workflow_id == "wf");
    BOOST_TEST(!s.to_itself);
  });
  BOOST_TEST(told(b, [](transaction& tx) { return external_signaled(tx, 5); }));
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted SignalExternalWorkflowExecutionInitiated "
                          "ExternalWorkflowExecutionSignaled DScheduled");
  const auto done = b.event(6).external_workflow_execution_signaled_event_attributes();
  BOOST_TEST(done.domain() == "suite");
  BOOST_TEST(done.control() == "ctl");
  BOOST_TEST(done.workflow_execution().run_id() == child_run);
  BOOST_TEST(!told(b, [](transaction& tx) { return external_signaled(tx, 5); }));
  BOOST_TEST(!told(b, [](transaction& tx) { return external_signal_failed(tx, 5); }));
}

BOOST_AUTO_TEST_CASE(signals_that_find_nobody) {
  bench b;
  b.begin();
  b.decide({signal_target()});
  BOOST_TEST(told(b, [](transaction& tx) { return external_signal_failed(tx, 5); }));
  const auto a = b.event(6).signal_external_workflow_execution_failed_event_attributes();
  BOOST_TEST((a.cause() == api::SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION));
  BOOST_TEST(a.decision_task_completed_event_id() == no_event_id);
  BOOST_TEST(a.control() == "ctl");
  BOOST_TEST(b.state().signals().empty());
}

BOOST_AUTO_TEST_CASE(cancels_of_other_runs) {
  bench b;
  b.begin();
  b.decide({cancel_target()});
  const auto task = only_task(b, rec::TRANSFER_CANCEL_EXTERNAL);
  b.change([&](transaction& tx) {
    const auto planned = plan_external_cancel(tx, task);
    BOOST_REQUIRE(bool(planned));
    BOOST_REQUIRE(planned->has_value());
    BOOST_TEST((*planned)->input.origin->initiated_id.value() == 5);
    BOOST_TEST(!(*planned)->input.request_id.empty());
    BOOST_TEST((*planned)->run_id.empty());
  });
  BOOST_TEST(told(b, [](transaction& tx) { return external_canceled(tx, 5); }));
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted RequestCancelExternalWorkflowExecutionInitiated "
                          "ExternalWorkflowExecutionCancelRequested DScheduled");
  BOOST_TEST(!told(b, [](transaction& tx) { return external_cancel_failed(tx, 5); }));

  bench nobody;
  nobody.begin();
  nobody.decide({cancel_target()});
  BOOST_TEST(told(nobody, [](transaction& tx) { return external_cancel_failed(tx, 5); }));
  const auto a = nobody.event(6).request_cancel_external_workflow_execution_failed_event_attributes();
  BOOST_TEST(a.decision_task_completed_event_id() == no_event_id);
  BOOST_TEST(a.initiated_event_id() == 5);
}

BOOST_AUTO_TEST_CASE(requests_to_itself_are_recognized) {
  bench b;
  b.begin();
  b.decide({signal_target("wf"), cancel_target("wf")});
  const auto signal_task = only_task(b, rec::TRANSFER_SIGNAL_EXTERNAL);
  const auto cancel_task = only_task(b, rec::TRANSFER_CANCEL_EXTERNAL);
  b.change([&](transaction& tx) {
    BOOST_TEST((*plan_external_signal(tx, signal_task))->to_itself);
    BOOST_TEST((*plan_external_cancel(tx, cancel_task))->to_itself);
  });
}

BOOST_AUTO_TEST_SUITE_END()
