#include "harness.hpp"

#include "messages/wire_time.hpp"
#include "workflow/activity.hpp"
#include "workflow/timer.hpp"
#include "workflow/version_history.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::workflow;
using namespace cadenza::workflow::test;

namespace {

void start_activity(bench& b, std::int64_t schedule_id) {
  const auto result = b.command([&](transaction& tx) {
    return workflow::start_activity(tx, schedule_id, 0, "poll-" + std::to_string(schedule_id), "worker");
  });
  BOOST_REQUIRE_MESSAGE(bool(result), "start_activity: " << (result ? "" : result.error().message));
}

void complete_activity(bench& b, const std::string& id) {
  activity_ref which;
  which.by_id = true;
  which.schedule_id = no_event_id;
  which.activity_id = id;
  api::RespondActivityTaskCompletedRequest request;
  request.mutable_result()->set_data("r");
  request.set_identity("worker");
  const auto result = b.command([&](transaction& tx) { return workflow::complete_activity(tx, which, request); });
  BOOST_REQUIRE_MESSAGE(bool(result), "complete_activity: " << (result ? "" : result.error().message));
}

} // namespace

BOOST_AUTO_TEST_SUITE(transactions)

BOOST_AUTO_TEST_CASE(results_are_flushed_behind_everything_else) {
  bench b;
  b.begin();
  b.decide({schedule_activity("a"), start_timer("t", 50)});
  b.send_signal("wake");
  const auto d = b.poll_decision();
  start_activity(b, 5);
  BOOST_TEST(b.state().activities().find(5)->started_id() == buffered_event_id);
  complete_activity(b, "a");
  b.send_signal("late");
  b.respond(d, {record_marker("m")});
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted AScheduled TimerStarted Signaled DScheduled DStarted "
                          "DCompleted MarkerRecorded AStarted Signaled ACompleted DScheduled");
  BOOST_TEST(b.event(14).activity_task_completed_event_attributes().started_event_id() == 12);
}

BOOST_AUTO_TEST_CASE(a_started_id_reaches_the_pending_activity_when_it_is_flushed) {
  bench b;
  b.begin();
  b.decide({schedule_activity("a")});
  b.send_signal("wake");
  const auto d = b.poll_decision();
  start_activity(b, 5);
  b.respond(d);
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted AScheduled Signaled DScheduled DStarted DCompleted "
                          "AStarted DScheduled");
  BOOST_TEST(b.state().activities().find(5)->started_id() == 10);
  complete_activity(b, "a");
  BOOST_TEST(b.event(12).activity_task_completed_event_attributes().started_event_id() == 10);
}

BOOST_AUTO_TEST_CASE(started_and_completed_without_a_decision_in_flight) {
  bench b;
  b.begin();
  b.decide({schedule_activity("a")});
  start_activity(b, 5);
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted AScheduled AStarted");
  BOOST_TEST(b.state().activities().find(5)->started_id() == 6);
  complete_activity(b, "a");
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted AScheduled AStarted ACompleted DScheduled");
}

BOOST_AUTO_TEST_CASE(the_same_buffered_event_counts_once) {
  bench b;
  b.begin();
  b.decide({schedule_activity("a")});
  b.send_signal("wake");
  const auto d = b.poll_decision();
  start_activity(b, 5);
  b.change([](transaction& tx) {
    api::HistoryEvent e;
    e.mutable_activity_task_started_event_attributes()->set_scheduled_event_id(5);
    tx.add(std::move(e));
  });
  BOOST_TEST(b.state().buffered().size() == 2);
  b.respond(d);
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted AScheduled Signaled DScheduled DStarted DCompleted "
                          "AStarted DScheduled");
}

BOOST_AUTO_TEST_CASE(a_buffered_timer_can_be_taken_back) {
  bench b;
  b.begin();
  b.decide({start_timer("t", 5)});
  const auto timer = b.timers(rec::TIMER_USER).at(0);
  b.send_signal("wake");
  const auto d = b.poll_decision();
  b.advance_s(6);
  BOOST_REQUIRE(bool(b.command([&](transaction& tx) { return user_timers_due(tx, timer); })));
  BOOST_TEST(b.state().buffered().size() == 1);
  const auto result = b.respond(d, {cancel_timer("t"), complete_workflow()});
  BOOST_TEST(!result.failed_cause.has_value());
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DCompleted TimerStarted Signaled DScheduled DStarted DCompleted "
                          "TimerCanceled Completed");
  BOOST_TEST(b.state().buffered().empty());
}

BOOST_AUTO_TEST_CASE(too_many_buffered_batches_end_the_decision) {
  bench b;
  b.limits.max_buffered_batches = 3;
  b.begin();
  const auto d = b.poll_decision();
  for (int i = 0; i < 3; ++i)
    b.send_signal("s");
  BOOST_TEST(b.shape() == "Started DScheduled DStarted");
  b.send_signal("one more");
  BOOST_TEST(b.shape() == "Started DScheduled DStarted DFailed Signaled Signaled Signaled Signaled");
  BOOST_TEST(b.event(4).decision_task_failed_event_attributes().cause() ==
             api::DECISION_TASK_FAILED_CAUSE_FORCE_CLOSE_DECISION);
  BOOST_TEST(b.state().has_pending_decision());
  BOOST_TEST(b.state().head().buffered_batches() == 0);
  completion_input in;
  in.schedule_id = d.schedule_id;
  api::RespondDecisionTaskCompletedRequest request;
  in.request = &request;
  const auto late = b.command([&](transaction& tx) { return complete_decision(tx, in); });
  BOOST_TEST((late.error().kind == error_kind::entity_not_exists));
}

BOOST_AUTO_TEST_CASE(what_is_not_closed_is_undone) {
  bench b;
  b.begin();
  b.decide({schedule_activity("a"), start_timer("t", 5)});
  const auto before = b.state().head().DebugString();
  {
    const auto env = b.env();
    transaction tx(*b.subject().state, env, b.subject().history);
    api::HistoryEvent e;
    e.mutable_marker_recorded_event_attributes()->set_marker_name("m");
    tx.add(std::move(e));
    tx.activities().clear();
    tx.timers().edit("t")->set_expiry_ns(1);
    tx.edit_fixed().set_task_list("other");
    tx.add_transfer(rec::TRANSFER_UPSERT);
  }
  BOOST_TEST(b.state().head().DebugString() == before);
  BOOST_TEST(b.state().fixed().task_list() == "list");
  BOOST_TEST(b.state().activities().size() == 1);
  BOOST_TEST(b.state().timers().find("t")->expiry_ns() != 1);
  BOOST_TEST(!b.state().activities().changed());
}

BOOST_AUTO_TEST_CASE(too_large_transactions_change_nothing) {
  bench b;
  b.begin();
  const auto before = b.state().head().DebugString();
  b.limits.transaction_size_max = 1000;
  const auto env = b.env();
  transaction tx(*b.subject().state, env, b.subject().history);
  api::HistoryEvent e;
  e.mutable_marker_recorded_event_attributes()->mutable_details()->set_data(std::string(2000, 'x'));
  tx.add(std::move(e));
  const auto refused = tx.close(b.ids);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().kind == error_kind::limit_exceeded));
  BOOST_TEST(b.state().head().DebugString() == before);
}

BOOST_AUTO_TEST_CASE(only_changed_rows_are_written) {
  bench b;
  b.begin();
  b.decide({schedule_activity("a"), schedule_activity("b"), start_timer("t", 5)});
  start_activity(b, 5);
  BOOST_REQUIRE_EQUAL(b.last.mutation.pending.size(), 1U);
  BOOST_TEST((b.last.mutation.pending[0].kind == pending_kind::activity));
  BOOST_TEST(b.last.mutation.pending[0].number == 5);
  BOOST_TEST(!b.last.mutation.fixed.has_value());
  BOOST_TEST(!b.last.current.has_value());
  BOOST_TEST(*b.last.mutation.expected_version + 1 == b.last.mutation.new_version);
}

BOOST_AUTO_TEST_CASE(timers_never_lie_in_the_past) {
  bench b;
  b.now_ns += 1;
  b.begin();
  b.change([&](transaction& tx) {
    BOOST_TEST(tx.add_timer(rec::TIMER_USER, 5).fire_ns() % ns_per_ms == 0);
    BOOST_TEST(tx.timer_tasks().back().fire_ns() >= b.now_ns + ns_per_ms);
    BOOST_TEST(tx.timer_tasks().back().fire_ns() < b.now_ns + 2 * ns_per_ms);
    const auto later = b.now_ns + 10 * ns_per_s;
    BOOST_TEST(tx.add_timer(rec::TIMER_USER, later).fire_ns() == (later + ns_per_ms - 1) / ns_per_ms * ns_per_ms);
  });
}

BOOST_AUTO_TEST_CASE(replication_tasks_only_for_domains_of_several_clusters) {
  bench b;
  b.begin();
  BOOST_TEST(b.last.replication.empty());
  bench g;
  g.domain_row.set_failover_version(7);
  g.domain_row.mutable_domain()->set_is_global_domain(true);
  g.domain_row.mutable_domain()->add_clusters()->set_cluster_name("active");
  g.begin();
  BOOST_TEST(g.last.replication.empty());
  g.domain_row.mutable_domain()->add_clusters()->set_cluster_name("standby");
  g.poll_decision();
  BOOST_REQUIRE_EQUAL(g.last.replication.size(), 1U);
  const auto& task = g.last.replication[0];
  BOOST_TEST(task.first_event_id() == 3);
  BOOST_TEST(task.next_event_id() == 4);
  BOOST_TEST(task.version() == 7);
  BOOST_TEST(task.task_id() == g.last.first_task_id + g.last.task_id_count - 1);
}

BOOST_AUTO_TEST_CASE(a_new_version_is_written_down_and_told) {
  bench b;
  b.domain_row.set_failover_version(7);
  b.domain_row.mutable_domain()->set_is_global_domain(true);
  b.begin();
  b.decide();
  b.domain_row.set_failover_version(17);
  b.send_signal("s");
  BOOST_TEST(b.event(5).version() == 17);
  BOOST_REQUIRE(b.last.current.has_value());
  BOOST_TEST(b.last.current->last_write_version() == 17);
  BOOST_TEST(b.last.current->start_version() == 7);
  const auto& items = b.state().current_branch().items();
  BOOST_REQUIRE_EQUAL(items.size(), 2);
  BOOST_TEST(items[0].event_id() == 4);
  BOOST_TEST(items[1].event_id() == 6);
}

BOOST_AUTO_TEST_CASE(damaged_rows_are_noticed) {
  bench b;
  b.begin();
  b.decide({schedule_activity("a")});
  const auto& key = b.state().key();
  auto rows = b.subject().rows;
  BOOST_TEST(bool(run::load(key, rows)));
  auto lost = rows;
  lost.pending.clear();
  BOOST_TEST(!run::load(key, lost));
  auto changed = rows;
  rec::Run head;
  BOOST_REQUIRE(head.ParseFromString(rows.header));
  head.set_next_event_id(99);
  changed.header = head.SerializeAsString();
  BOOST_TEST(!run::load(key, changed));
  auto garbage = rows;
  garbage.header = "\xff\xff";
  const auto refused = run::load(key, garbage);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().kind == error_kind::internal_data_inconsistency));
}

BOOST_AUTO_TEST_CASE(one_visibility_change_is_enough) {
  bench b;
  b.begin();
  b.change([](transaction& tx) {
    add_upsert_task(tx);
    add_upsert_task(tx);
  });
  BOOST_TEST(b.transfer(rec::TRANSFER_UPSERT).size() == 1);
  b.decide({complete_workflow()}); // a new binary asks for an upsert, too
  BOOST_TEST(b.transfer(rec::TRANSFER_UPSERT).empty());
  BOOST_TEST(b.transfer(rec::TRANSFER_CLOSE)
                 .at(0)
                 .visibility()
                 .search_attributes()
                 .indexed_fields()
                 .contains("BinaryChecksums"));
}

BOOST_AUTO_TEST_CASE(events_are_found_in_the_transaction_and_in_the_store) {
  bench b;
  b.begin();
  b.change([](transaction& tx) {
    BOOST_TEST(tx.event(1, 1) != nullptr);
    BOOST_TEST(tx.event(3, 3) == nullptr);
    BOOST_REQUIRE(tx.missing().has_value());
    BOOST_TEST(tx.missing()->event_id == 3);
    api::HistoryEvent e;
    e.mutable_marker_recorded_event_attributes()->set_marker_name("m");
    BOOST_TEST(tx.add(std::move(e)).event_id() == 3);
    BOOST_REQUIRE(tx.event(3, 3) != nullptr);
    BOOST_TEST(tx.event(3, 3)->marker_recorded_event_attributes().marker_name() == "m");
  });
}

BOOST_AUTO_TEST_SUITE_END()
