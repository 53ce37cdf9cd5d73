#include "closing.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;
using namespace cadenza::workflow::test;

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
