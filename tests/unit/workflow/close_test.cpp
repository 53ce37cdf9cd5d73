#include "harness.hpp"

#include "messages/wire_time.hpp"
#include "workflow/close.hpp"
#include "workflow/external.hpp"
#include "workflow/signal.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;
using namespace cadenza::workflow::test;

namespace {

const std::string timeout_reason = "cadenceInternal:Timeout START_TO_CLOSE";

template <class Change> api::Decision continue_with(Change&& change) {
  api::Decision d;
  change(*d.mutable_continue_as_new_workflow_execution_decision_attributes());
  return d;
}

api::Decision continue_with_nothing() {
  return continue_with([](auto&) {});
}

api::WorkflowExecutionContinuedAsNewEventAttributes continued(bench& b) {
  return b.events().back().workflow_execution_continued_as_new_event_attributes();
}

api::WorkflowExecutionStartedEventAttributes started(bench& b) {
  return b.event(1).workflow_execution_started_event_attributes();
}

/// Looks at the run after the one that was just closed.
void follow(bench& b) {
  BOOST_REQUIRE(b.last.next != nullptr);
  const auto id = continued(b).new_execution_run_id();
  BOOST_TEST(uuid::from_raw(b.last.current->run_id()).str() == id);
  b.look_at(id);
}

/// What the successor of the last commit wrote.
std::vector<rec::TimerTask> next_timers(const bench& b, rec::TimerType type) {
  std::vector<rec::TimerTask> out;
  for (const auto& task : b.last.next->made.timers)
    if (task.type() == type)
      out.push_back(task);
  return out;
}

void request_cancel_of(bench& b) {
  cancel_input input;
  input.request_id = "c";
  BOOST_REQUIRE(bool(b.command([&](transaction& tx) { return request_cancel(tx, input); })));
}

bool time_out(bench& b) {
  rec::TimerTask timer;
  timer.set_version(local_version);
  const auto result = b.command([&](transaction& tx) { return workflow_timed_out(tx, timer); });
  BOOST_REQUIRE_MESSAGE(bool(result), (result ? "" : result.error().message));
  return *result;
}

api::StartWorkflowExecutionRequest with_retry(bench& b, int attempts, int expiration_s = 0) {
  auto request = b.request();
  auto& p = *request.mutable_retry_policy();
  set_seconds(*p.mutable_initial_interval(), 2);
  p.set_backoff_coefficient(2);
  p.set_maximum_attempts(attempts);
  set_seconds(*p.mutable_expiration_interval(), expiration_s);
  return request;
}

api::StartWorkflowExecutionRequest with_cron(bench& b, const std::string& text) {
  auto request = b.request();
  request.set_cron_schedule(text);
  return request;
}

/// The run's back-off is over and its first decision there.
void wake(bench& b) {
  b.advance_s(b.state().fixed().first_decision_backoff_s());
  b.change([](transaction& tx) { BOOST_TEST(backoff_over(tx)); });
}

} // namespace

BOOST_AUTO_TEST_SUITE(closing)

BOOST_AUTO_TEST_CASE(every_close_brings_its_tasks) {
  bench b;
  b.domain_row.mutable_domain()->mutable_workflow_execution_retention_period()->set_seconds(3 * 86'400);
  b.limits.deletion_jitter_minutes = 60;
  b.begin();
  b.decide({complete_workflow()});
  const auto close = b.transfer(rec::TRANSFER_CLOSE);
  BOOST_REQUIRE_EQUAL(close.size(), 1U);
  BOOST_TEST(close[0].visibility().close_ns() == b.now_ns);
  BOOST_TEST(close[0].visibility().history_length() == 5);
  BOOST_TEST(close[0].visibility().execution_status() == api::WORKFLOW_EXECUTION_STATUS_COMPLETED);
  const auto deletion = b.timers(rec::TIMER_DELETE_HISTORY);
  BOOST_REQUIRE_EQUAL(deletion.size(), 1U);
  const auto kept_ns = deletion[0].fire_ns() - b.now_ns;
  BOOST_TEST(kept_ns >= 3 * 86'400 * ns_per_s);
  BOOST_TEST(kept_ns < (3 * 86'400 + 3'600) * ns_per_s);
  BOOST_TEST(b.last.closed_run);
}

BOOST_AUTO_TEST_CASE(a_domain_that_keeps_nothing_has_its_runs_deleted_at_once) {
  bench b;
  b.domain_row.mutable_domain()->mutable_workflow_execution_retention_period()->set_seconds(0);
  b.limits.deletion_jitter_minutes = 0;
  b.begin();
  b.decide({complete_workflow()});
  const auto deletion = b.timers(rec::TIMER_DELETE_HISTORY);
  BOOST_REQUIRE_EQUAL(deletion.size(), 1U);
  // Timers are of whole milliseconds and never in the past.
  BOOST_TEST(deletion[0].fire_ns() - b.now_ns <= 2 * ns_per_ms);
}

BOOST_AUTO_TEST_CASE(a_sample_of_the_ids_is_kept_for_longer) {
  for (const bool sampled : {true, false}) {
    bench b;
    b.limits.deletion_jitter_minutes = 0;
    auto& data = *b.domain_row.mutable_domain()->mutable_data();
    data["sample_retention_days"] = "30";
    data["sample_retention_rate"] = sampled ? "1" : "0";
    b.begin();
    b.decide({complete_workflow()});
    const auto deletion = b.timers(rec::TIMER_DELETE_HISTORY);
    BOOST_REQUIRE_EQUAL(deletion.size(), 1U);
    BOOST_TEST(deletion[0].fire_ns() - b.now_ns == (sampled ? 30 : 1) * 86'400 * ns_per_s);
  }
}

BOOST_AUTO_TEST_CASE(continue_as_new_carries_what_the_decision_says) {
  bench b;
  auto request = with_retry(b, 3);
  (*request.mutable_memo()->mutable_fields())["k"].set_data("old");
  b.begin(request);
  const auto first_run = b.state().key().run_id.str();
  b.decide({continue_with([](auto& a) {
    a.mutable_workflow_type()->set_name("type-2");
    a.mutable_task_list()->set_name("list-2");
    a.mutable_input()->set_data("again");
    set_seconds(*a.mutable_execution_start_to_close_timeout(), 50);
    set_seconds(*a.mutable_task_start_to_close_timeout(), 11);
    a.set_initiator(api::CONTINUE_AS_NEW_INITIATOR_DECIDER);
    (*a.mutable_memo()->mutable_fields())["k"].set_data("new");
    (*a.mutable_header()->mutable_fields())["h"].set_data("v");
    (*a.mutable_search_attributes()->mutable_indexed_fields())["CustomIntField"].set_data("3");
  })});
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted ContinuedAsNew");
  const auto c = continued(b);
  BOOST_TEST(c.workflow_type().name() == "type-2");
  BOOST_TEST(c.decision_task_completed_event_id() == 4);
  BOOST_TEST(c.has_backoff_start_interval()); // present although zero
  BOOST_TEST((c.initiator() == api::CONTINUE_AS_NEW_INITIATOR_DECIDER));
  BOOST_TEST(b.state().head().close_status() == close_status::continued_as_new);
  const auto last_task_id = b.events().back().task_id();
  follow(b);
  BOOST_TEST(b.event(1).task_id() > last_task_id);
  BOOST_TEST(b.shape() == "Started DScheduled");
  const auto s = started(b);
  BOOST_TEST(s.workflow_type().name() == "type-2");
  BOOST_TEST(s.task_list().name() == "list-2");
  BOOST_TEST(s.input().data() == "again");
  BOOST_TEST(s.execution_start_to_close_timeout().seconds() == 50);
  BOOST_TEST(s.task_start_to_close_timeout().seconds() == 11);
  BOOST_TEST(s.continued_execution_run_id() == first_run);
  BOOST_TEST(s.first_execution_run_id() == first_run);
  BOOST_TEST(s.original_execution_run_id() == b.state().key().run_id.str());
  BOOST_TEST(!s.has_retry_policy());
  BOOST_TEST(s.memo().fields().at("k").data() == "new");
  BOOST_TEST(s.header().fields().at("h").data() == "v");
  BOOST_TEST(s.search_attributes().indexed_fields().at("CustomIntField").data() == "3");
  BOOST_TEST(!s.has_first_decision_task_backoff());
  BOOST_TEST(s.attempt() == 0);
  BOOST_REQUIRE_EQUAL(s.prev_auto_reset_points().points_size(), 1);
  BOOST_TEST(s.prev_auto_reset_points().points(0).run_id() == first_run);
  BOOST_TEST(s.prev_auto_reset_points().points(0).has_expiring_time());
  // The new run works like any other.
  b.decide({complete_workflow()});
  BOOST_TEST(b.state().closed());
}

BOOST_AUTO_TEST_CASE(continue_as_new_inherits_what_the_decision_leaves_out) {
  bench b;
  auto request = b.request();
  (*request.mutable_memo()->mutable_fields())["k"].set_data("old");
  b.begin(request);
  b.decide({continue_with_nothing()});
  BOOST_TEST((continued(b).initiator() == api::CONTINUE_AS_NEW_INITIATOR_DECIDER));
  follow(b);
  const auto s = started(b);
  BOOST_TEST(s.workflow_type().name() == "type");
  BOOST_TEST(s.task_list().name() == "list");
  BOOST_TEST(s.execution_start_to_close_timeout().seconds() == 100);
  BOOST_TEST(s.task_start_to_close_timeout().seconds() == 20);
  BOOST_TEST(!s.has_input());
  BOOST_TEST(!s.has_memo());
}

BOOST_AUTO_TEST_CASE(a_backoff_delays_the_first_decision_whoever_asks_for_it) {
  for (const auto initiator : {api::CONTINUE_AS_NEW_INITIATOR_DECIDER, api::CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE}) {
    bench b;
    b.begin();
    b.decide({continue_with([&](auto& a) {
      set_seconds(*a.mutable_backoff_start_interval(), 6);
      a.set_initiator(initiator);
    })});
    const auto timers = next_timers(b, rec::TIMER_WORKFLOW_BACKOFF);
    BOOST_REQUIRE_EQUAL(timers.size(), 1U);
    BOOST_TEST(timers[0].fire_ns() == b.now_ns + 6 * ns_per_s);
    follow(b);
    BOOST_TEST(b.shape() == "Started");
    BOOST_TEST(started(b).first_decision_task_backoff().seconds() == 6);
    wake(b);
    BOOST_TEST(b.shape() == "Started DScheduled");
  }
}

BOOST_AUTO_TEST_CASE(a_child_stays_a_child_when_it_continues) {
  bench b;
  parent_link parent{b.domain_id, "suite", "parent", "22222222-2222-4222-8222-222222222222", 7};
  b.begin(b.request(), 0, {}, parent);
  b.change([](transaction& tx) { BOOST_REQUIRE(bool(schedule_first_decision(tx))); });
  b.decide({continue_with_nothing()});
  follow(b);
  BOOST_TEST(started(b).parent_execution_info().initiated_id() == 7);
  BOOST_TEST(b.shape() == "Started DScheduled"); // nobody else would schedule it
  BOOST_TEST(b.state().has_parent());
}

BOOST_AUTO_TEST_CASE(failed_runs_are_retried_with_attempts) {
  bench b;
  b.begin(with_retry(b, 3));
  const auto first_run = b.state().key().run_id.str();
  for (const int wait_s : {2, 4}) {
    b.decide({fail_workflow("flaky", "d")});
    const auto c = continued(b);
    BOOST_TEST((c.initiator() == api::CONTINUE_AS_NEW_INITIATOR_RETRY_POLICY));
    BOOST_TEST(c.failure().reason() == "flaky");
    BOOST_TEST(c.failure().details() == "d");
    BOOST_TEST(c.backoff_start_interval().seconds() == wait_s);
    follow(b);
    const auto s = started(b);
    BOOST_TEST(s.attempt() == (wait_s == 2 ? 1 : 2));
    BOOST_TEST(s.continued_failure().reason() == "flaky");
    BOOST_TEST(s.first_execution_run_id() == first_run);
    BOOST_TEST(s.retry_policy().maximum_attempts() == 3);
    wake(b);
  }
  b.decide({fail_workflow("flaky", "last")});
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted Failed");
  BOOST_TEST(!b.last.next);
}

BOOST_AUTO_TEST_CASE(the_expiration_bounds_all_attempts) {
  bench b;
  b.begin(with_retry(b, 0, 10));
  const auto expires_ns = b.now_ns + 10 * ns_per_s;
  b.decide({fail_workflow()});
  // The retried run ends with its policy, not with its own timeout.
  const auto timeouts = next_timers(b, rec::TIMER_WORKFLOW_TIMEOUT);
  BOOST_REQUIRE_EQUAL(timeouts.size(), 1U);
  BOOST_TEST(timeouts[0].fire_ns() == expires_ns);
  follow(b);
  BOOST_TEST(b.state().fixed().expiration_ns() == expires_ns);
  wake(b);
  b.advance_s(6);
  b.decide({fail_workflow()}); // 4 s more would be too late
  BOOST_TEST(b.state().head().close_status() == close_status::failed);
}

BOOST_AUTO_TEST_CASE(cron_runs_follow_one_another) {
  bench b;
  b.begin(with_cron(b, "@every 10s"), 10);
  const auto chain_began_ns = b.now_ns;
  wake(b);
  b.advance_s(3);
  b.decide({complete_workflow("one")});
  const auto c = continued(b);
  BOOST_TEST((c.initiator() == api::CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE));
  BOOST_TEST(c.last_completion_result().data() == "one");
  BOOST_TEST(c.backoff_start_interval().seconds() == 7);
  BOOST_TEST(!c.has_failure());
  const auto close = b.transfer(rec::TRANSFER_CLOSE);
  BOOST_REQUIRE_EQUAL(close.size(), 1U);
  BOOST_TEST(close[0].visibility().close_status() == close_status::continued_as_new);
  BOOST_TEST(close[0].visibility().execution_status() == api::WORKFLOW_EXECUTION_STATUS_COMPLETED);
  follow(b);
  BOOST_TEST(b.shape() == "Started");
  BOOST_TEST(started(b).last_completion_result().data() == "one");
  BOOST_TEST(started(b).input().data() == "in");
  BOOST_TEST(ns_of(started(b).first_scheduled_time()) == chain_began_ns);

  // A failed run goes on too, and keeps the last good result.
  wake(b);
  b.decide({fail_workflow("oops", "dd")});
  BOOST_TEST(continued(b).failure().reason() == "oops");
  BOOST_TEST(continued(b).last_completion_result().data() == "one");
  BOOST_TEST(b.transfer(rec::TRANSFER_CLOSE)[0].visibility().execution_status() ==
             api::WORKFLOW_EXECUTION_STATUS_FAILED);
  follow(b);
  BOOST_TEST(started(b).continued_failure().reason() == "oops");

  // So does one that timed out, but without the result.
  wake(b);
  const auto decision = b.poll_decision();
  b.advance_s(100);
  BOOST_TEST(time_out(b));
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DFailed ContinuedAsNew");
  BOOST_TEST((b.event(4).decision_task_failed_event_attributes().cause() ==
              api::DECISION_TASK_FAILED_CAUSE_FORCE_CLOSE_DECISION));
  BOOST_TEST(continued(b).failure().reason() == timeout_reason);
  BOOST_TEST(continued(b).decision_task_completed_event_id() == no_event_id);
  BOOST_TEST(!continued(b).has_last_completion_result());
  BOOST_TEST(b.transfer(rec::TRANSFER_CLOSE)[0].visibility().execution_status() ==
             api::WORKFLOW_EXECUTION_STATUS_TIMED_OUT);
}

BOOST_AUTO_TEST_CASE(retry_comes_before_cron) {
  bench b;
  auto request = with_retry(b, 2);
  request.set_cron_schedule("@every 100s");
  b.begin(request);
  b.decide({fail_workflow()});
  BOOST_TEST((continued(b).initiator() == api::CONTINUE_AS_NEW_INITIATOR_RETRY_POLICY));
  follow(b);
  wake(b);
  b.decide({fail_workflow()});
  BOOST_TEST((continued(b).initiator() == api::CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE));
  follow(b);
  BOOST_TEST(b.state().fixed().attempt() == 0);
}

BOOST_AUTO_TEST_CASE(a_cancel_request_ends_every_chain) {
  struct row {
    api::Decision decision;
    const char* end;
  };
  for (const auto& r : {row{complete_workflow(), "Completed"}, row{fail_workflow("r", "details"), "Canceled"},
                        row{cancel_workflow(), "Canceled"}, row{continue_with_nothing(), "Canceled"}}) {
    bench b;
    auto request = with_retry(b, 5);
    request.set_cron_schedule("@every 5s");
    b.begin(request);
    request_cancel_of(b);
    b.decide({r.decision});
    BOOST_TEST(b.shape() == std::string("Started DScheduled CancelRequested DStarted DCompleted ") + r.end);
    BOOST_TEST(!b.last.next);
    if (r.decision.has_fail_workflow_execution_decision_attributes())
      BOOST_TEST(b.event(6).workflow_execution_canceled_event_attributes().details().data() == "details");
  }
}

BOOST_AUTO_TEST_CASE(workflow_timeout) {
  bench b;
  b.begin();
  rec::TimerTask stale;
  stale.set_version(17);
  BOOST_TEST(!*b.command([&](transaction& tx) { return workflow_timed_out(tx, stale); }));
  BOOST_TEST(time_out(b));
  BOOST_TEST(b.shape() == "Started DScheduled TimedOut");
  BOOST_TEST(
      (b.event(3).workflow_execution_timed_out_event_attributes().timeout_type() == api::TIMEOUT_TYPE_START_TO_CLOSE));
  const auto environment = b.env();
  transaction tx(*b.subject().state, environment, b.subject().history);
  stale.set_version(local_version);
  BOOST_TEST(!*workflow_timed_out(tx, stale));

  bench retried;
  retried.begin(with_retry(retried, 2));
  BOOST_TEST(time_out(retried));
  BOOST_TEST((continued(retried).initiator() == api::CONTINUE_AS_NEW_INITIATOR_RETRY_POLICY));

  bench canceled;
  canceled.begin(with_retry(canceled, 2));
  request_cancel_of(canceled);
  BOOST_TEST(time_out(canceled));
  BOOST_TEST(canceled.state().head().close_status() == close_status::timed_out);
}

BOOST_AUTO_TEST_CASE(terminate_if_running) {
  bench b;
  b.begin();
  b.poll_decision();
  auto request = b.request();
  request.set_request_id("another");
  const auto new_run = b.chance.new_uuid();
  const first_signal signal{"s", "in", "worker", "signal-request", {}};
  const auto result =
      b.command([&](transaction& tx) { return terminate_and_start(tx, request, 0, new_run, signal, {}); });
  BOOST_REQUIRE(bool(result));
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DFailed Terminated");
  const auto a = b.event(5).workflow_execution_terminated_event_attributes();
  BOOST_TEST(a.reason() == "TerminateIfRunning Policy");
  BOOST_TEST(a.details().data() == "New runID: " + new_run.str());
  BOOST_TEST(a.identity() == "history-service");
  BOOST_TEST(uuid::from_raw(b.last.current->run_id()).str() == new_run.str());
  b.look_at(new_run);
  BOOST_TEST(b.shape() == "Started Signaled DScheduled");
  BOOST_TEST(started(b).first_execution_run_id() == new_run.str());
}

BOOST_AUTO_TEST_CASE(a_closed_run_reports_to_its_family) {
  bench b;
  parent_link parent{b.domain_id, "suite", "parent", "22222222-2222-4222-8222-222222222222", 7};
  b.begin(b.request(), 0, {}, parent);
  b.change([](transaction& tx) { BOOST_REQUIRE(bool(schedule_first_decision(tx))); });
  std::vector<api::Decision> children;
  for (const auto policy : {api::PARENT_CLOSE_POLICY_ABANDON, api::PARENT_CLOSE_POLICY_TERMINATE,
                            api::PARENT_CLOSE_POLICY_REQUEST_CANCEL}) {
    auto& a = *children.emplace_back().mutable_start_child_workflow_execution_decision_attributes();
    a.set_workflow_id("child-" + std::to_string(policy));
    a.mutable_workflow_type()->set_name("t");
    a.set_parent_close_policy(policy);
  }
  b.decide(children);
  BOOST_REQUIRE(bool(b.command([](transaction& tx) { return child_started(tx, 6, "run-6"); })));
  b.decide({complete_workflow("done")});

  const auto environment = b.env();
  transaction tx(*b.subject().state, environment, b.subject().history);
  const auto report = report_close(tx);
  BOOST_REQUIRE(bool(report));
  BOOST_TEST(report->notify_parent);
  BOOST_TEST(report->parent.workflow_id == "parent");
  BOOST_TEST(report->parent.initiated_id == 7);
  BOOST_TEST(report->close_event.workflow_execution_completed_event_attributes().result().data() == "done");
  BOOST_REQUIRE_EQUAL(report->children.size(), 2U);
  BOOST_TEST(report->children[0].terminate);
  BOOST_TEST(report->children[0].first_run_id == "run-6");
  BOOST_TEST(report->children[0].domain == "suite");
  BOOST_TEST(!report->children[1].terminate);
}

BOOST_AUTO_TEST_CASE(a_continued_run_tells_its_children_but_not_its_parent) {
  bench b;
  parent_link parent{b.domain_id, "suite", "parent", "22222222-2222-4222-8222-222222222222", 7};
  b.begin(b.request(), 0, {}, parent);
  b.change([](transaction& tx) { BOOST_REQUIRE(bool(schedule_first_decision(tx))); });
  api::Decision child;
  auto& a = *child.mutable_start_child_workflow_execution_decision_attributes();
  a.set_workflow_id("child");
  a.mutable_workflow_type()->set_name("t");
  b.decide({child, continue_with_nothing()});
  const auto environment = b.env();
  transaction tx(*b.subject().state, environment, b.subject().history);
  const auto report = report_close(tx);
  BOOST_REQUIRE(bool(report));
  BOOST_TEST(!report->notify_parent);
  BOOST_TEST(report->children.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
