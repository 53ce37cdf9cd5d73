#include "engine.hpp"

#include "messages/wire_time.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::workflow::test {
namespace {

/// A history written by hand.
class script {
public:
  script() {
    branch_.set_tree_id("0123456789abcdef");
    branch_.set_branch_id("fedcba9876543210");
  }

  script& batch_of(std::vector<api::HistoryEvent> events) {
    auto made = std::make_shared<api::History>();
    for (auto& e : events) {
      e.set_event_id(next_++);
      e.set_version(version);
      e.set_task_id(next_ * 10);
      set_time(*e.mutable_event_time(), 1'000 * ns_per_s + next_);
      *made->add_events() = std::move(e);
    }
    history_.push_back(std::move(made));
    return *this;
  }
  script& skip_id() {
    ++next_;
    return *this;
  }

  outcome<std::unique_ptr<run>> play() {
    const auto environment = bench_.env();
    return replay(run_key{bench_.domain_id, "wf", bench_.chance.new_uuid()}, history_, branch_, environment);
  }
  std::unique_ptr<run> result() {
    auto played = play();
    BOOST_REQUIRE_MESSAGE(bool(played), (played ? "" : played.error().message));
    return std::move(*played);
  }
  void expect_inconsistent(const std::string& part_of_message) {
    const auto played = play();
    BOOST_REQUIRE(!played);
    BOOST_TEST(static_cast<int>(played.error().kind) == static_cast<int>(error_kind::internal_data_inconsistency));
    BOOST_TEST(played.error().message.find(part_of_message) != std::string::npos, played.error().message);
  }

  std::int64_t version = local_version;

private:
  bench bench_;
  rec::HistoryBranch branch_;
  std::vector<batch> history_;
  std::int64_t next_ = 1;
};

api::HistoryEvent started() {
  api::HistoryEvent e;
  auto& a = *e.mutable_workflow_execution_started_event_attributes();
  a.mutable_workflow_type()->set_name("type");
  a.mutable_task_list()->set_name("list");
  set_seconds(*a.mutable_execution_start_to_close_timeout(), 100);
  set_seconds(*a.mutable_task_start_to_close_timeout(), 20);
  return e;
}

api::HistoryEvent decision_scheduled(std::int32_t attempt = 0) {
  api::HistoryEvent e;
  auto& a = *e.mutable_decision_task_scheduled_event_attributes();
  a.mutable_task_list()->set_name("list");
  set_seconds(*a.mutable_start_to_close_timeout(), 20);
  a.set_attempt(attempt);
  return e;
}

api::HistoryEvent decision_started(std::int64_t scheduled) {
  api::HistoryEvent e;
  e.mutable_decision_task_started_event_attributes()->set_scheduled_event_id(scheduled);
  return e;
}

api::HistoryEvent decision_completed(std::int64_t scheduled) {
  api::HistoryEvent e;
  auto& a = *e.mutable_decision_task_completed_event_attributes();
  a.set_scheduled_event_id(scheduled);
  a.set_started_event_id(scheduled + 1);
  return e;
}

api::HistoryEvent decision_failed(std::int64_t scheduled, api::DecisionTaskFailedCause cause) {
  api::HistoryEvent e;
  auto& a = *e.mutable_decision_task_failed_event_attributes();
  a.set_scheduled_event_id(scheduled);
  a.set_started_event_id(scheduled + 1);
  a.set_cause(cause);
  return e;
}

api::HistoryEvent timer_started(const std::string& id) {
  api::HistoryEvent e;
  auto& a = *e.mutable_timer_started_event_attributes();
  a.set_timer_id(id);
  set_seconds(*a.mutable_start_to_fire_timeout(), 7);
  return e;
}

api::HistoryEvent timer_fired(const std::string& id, std::int64_t started_id) {
  api::HistoryEvent e;
  auto& a = *e.mutable_timer_fired_event_attributes();
  a.set_timer_id(id);
  a.set_started_event_id(started_id);
  return e;
}

api::HistoryEvent signaled() {
  api::HistoryEvent e;
  e.mutable_workflow_execution_signaled_event_attributes()->set_signal_name("s");
  return e;
}

api::HistoryEvent completed() {
  api::HistoryEvent e;
  e.mutable_workflow_execution_completed_event_attributes();
  return e;
}

constexpr auto worker_failure = api::DECISION_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE;

} // namespace

BOOST_AUTO_TEST_SUITE(replays)

BOOST_AUTO_TEST_CASE(impossible_histories) {
  script().expect_inconsistent("there are no events");
  script().batch_of({}).expect_inconsistent("an empty batch");
  script().batch_of({signaled()}).expect_inconsistent("only started event");
  script().batch_of({started(), started()}).expect_inconsistent("only started event");
  script().batch_of({started()}).skip_id().batch_of({signaled()}).expect_inconsistent("not consecutive");
  script().batch_of({started(), completed()}).expect_inconsistent("without decisions");
  script().batch_of({started(), api::HistoryEvent()}).expect_inconsistent("no attributes");
  script()
      .batch_of({started(), decision_scheduled()})
      .batch_of({decision_started(2)})
      .batch_of({decision_completed(2), completed(), signaled()})
      .expect_inconsistent("follows the end");
  script older;
  older.version = 11;
  older.batch_of({started(), decision_scheduled()});
  older.version = 1;
  older.batch_of({signaled()}).expect_inconsistent("version is lower");
}

BOOST_AUTO_TEST_CASE(a_failed_decision_leaves_its_next_attempt) {
  const auto r = script()
                     .batch_of({started(), decision_scheduled()})
                     .batch_of({decision_started(2)})
                     .batch_of({decision_failed(2, worker_failure)})
                     .result();
  BOOST_REQUIRE(r->has_pending_decision());
  BOOST_TEST(r->head().decision().attempt() == 1);
  BOOST_TEST(r->head().decision().schedule_id() == 5);
  BOOST_TEST(r->head().decision().started_id() == no_event_id);
  BOOST_TEST(r->next_event_id() == 5);
}

BOOST_AUTO_TEST_CASE(a_reset_or_a_failover_leaves_none) {
  for (const auto cause :
       {api::DECISION_TASK_FAILED_CAUSE_RESET_WORKFLOW, api::DECISION_TASK_FAILED_CAUSE_FAILOVER_CLOSE_DECISION}) {
    const auto r = script()
                       .batch_of({started(), decision_scheduled()})
                       .batch_of({decision_started(2)})
                       .batch_of({decision_failed(2, cause)})
                       .result();
    BOOST_TEST(!r->has_pending_decision());
  }
}

BOOST_AUTO_TEST_CASE(a_decision_in_the_same_batch_takes_the_place_of_the_attempt) {
  const auto r = script()
                     .batch_of({started(), decision_scheduled()})
                     .batch_of({decision_started(2)})
                     .batch_of({decision_failed(2, worker_failure), signaled(), decision_scheduled()})
                     .result();
  BOOST_REQUIRE(r->has_pending_decision());
  BOOST_TEST(r->head().decision().attempt() == 0);
  BOOST_TEST(r->head().decision().schedule_id() == 6);
  BOOST_TEST(r->head().signal_count() == 1);
}

BOOST_AUTO_TEST_CASE(a_started_decision_counts_as_the_first_attempt) {
  script s;
  s.batch_of({started(), decision_scheduled()})
      .batch_of({decision_started(2)})
      .batch_of({decision_failed(2, worker_failure)})
      .batch_of({decision_scheduled(3), decision_started(5)});
  const auto between = s.result();
  BOOST_REQUIRE(between->has_started_decision());
  BOOST_TEST(between->head().decision().attempt() == 0);
  const auto after = s.batch_of({decision_completed(5)}).result();
  BOOST_TEST(!after->has_pending_decision());
  BOOST_TEST(after->head().last_processed_event() == 6);
  BOOST_TEST(after->head().last_first_event_id() == 7);
}

BOOST_AUTO_TEST_CASE(a_buffered_firing_does_not_end_the_next_timer_of_its_name) {
  const auto r =
      script()
          .batch_of({started(), decision_scheduled()})
          .batch_of({decision_started(2)})
          .batch_of({decision_completed(2), timer_started("t")}) // 5
          .batch_of({signaled(), decision_scheduled()})
          .batch_of({decision_started(7)})
          .batch_of({decision_completed(7), timer_started("t"), timer_fired("t", 5), decision_scheduled()}) // 10
          .result();
  const auto* timer = r->timers().find("t");
  BOOST_REQUIRE(timer != nullptr);
  BOOST_TEST(timer->started_id() == 10);
}

BOOST_AUTO_TEST_CASE(versions_become_items_of_the_branch) {
  script s;
  s.version = 1;
  s.batch_of({started(), decision_scheduled()}).batch_of({decision_started(2)});
  s.version = 11;
  s.batch_of({decision_completed(2)});
  const auto r = s.result();
  const auto& items = r->current_branch().items();
  BOOST_REQUIRE_EQUAL(items.size(), 2);
  BOOST_TEST(items[0].event_id() == 3);
  BOOST_TEST(items[0].version() == 1);
  BOOST_TEST(items[1].event_id() == 4);
  BOOST_TEST(items[1].version() == 11);
  BOOST_TEST(r->last_write_version() == 11);
  BOOST_TEST(r->fixed().start_version() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(refreshing)

BOOST_AUTO_TEST_CASE(everything_a_run_waits_for_gets_its_task_again) {
  engine e;
  e.begin();
  api::Decision child;
  child.mutable_start_child_workflow_execution_decision_attributes()->set_workflow_id("child");
  child.mutable_start_child_workflow_execution_decision_attributes()->mutable_workflow_type()->set_name("type");
  api::Decision external;
  auto& signal = *external.mutable_signal_external_workflow_execution_decision_attributes();
  signal.mutable_workflow_execution()->set_workflow_id("other");
  signal.set_signal_name("s");
  signal.set_child_workflow_only(true);
  e.decide({schedule_activity("started"), schedule_activity("waiting"), start_timer("t", 9), child, external});
  (void)e.poll_activity();
  e.send_signal("go");
  e.outstanding_timers.clear();
  e.outstanding_transfer.clear();
  e.change([](transaction& tx) { refresh_tasks(tx); });
  e.check_invariants();

  const auto count = [&](rec::TransferType type) { return e.transfer(type).size(); };
  BOOST_TEST(count(rec::TRANSFER_RECORD_STARTED) == 1U);
  BOOST_TEST(count(rec::TRANSFER_DECISION) == 1U);
  BOOST_TEST(count(rec::TRANSFER_ACTIVITY) == 1U);
  BOOST_TEST(count(rec::TRANSFER_START_CHILD) == 1U);
  BOOST_REQUIRE_EQUAL(count(rec::TRANSFER_SIGNAL_EXTERNAL), 1U);
  BOOST_TEST(e.transfer(rec::TRANSFER_SIGNAL_EXTERNAL)[0].target_workflow_id() == "other");
  BOOST_TEST(e.transfer(rec::TRANSFER_SIGNAL_EXTERNAL)[0].child_only());
  BOOST_TEST(e.timers(rec::TIMER_WORKFLOW_TIMEOUT).size() == 1U);
  BOOST_TEST(e.timers(rec::TIMER_USER).size() == 1U);
  BOOST_TEST(e.timers(rec::TIMER_ACTIVITY_TIMEOUT).size() == 1U);
  BOOST_TEST(e.shape().ends_with("Signaled DScheduled"));

  // The tasks work: the child starts.
  e.settle();
  BOOST_TEST(e.current("child").has_value());
}

BOOST_AUTO_TEST_CASE(a_started_decision_gets_its_timeout_again) {
  engine e;
  e.begin();
  (void)e.poll_decision();
  const auto before = e.timers(rec::TIMER_DECISION_TIMEOUT);
  e.change([](transaction& tx) { refresh_tasks(tx); });
  const auto again = e.timers(rec::TIMER_DECISION_TIMEOUT);
  BOOST_REQUIRE_EQUAL(before.size(), 1U);
  BOOST_REQUIRE_EQUAL(again.size(), 1U);
  BOOST_TEST(again[0].fire_ns() == before[0].fire_ns());
  BOOST_TEST(again[0].event_id() == before[0].event_id());
}

BOOST_AUTO_TEST_CASE(a_closed_run_gets_its_close_tasks_again) {
  engine e;
  e.begin();
  e.decide({complete_workflow()});
  e.change([](transaction& tx) { refresh_tasks(tx); });
  BOOST_TEST(e.transfer(rec::TRANSFER_CLOSE).size() == 1U);
  BOOST_TEST(e.timers(rec::TIMER_DELETE_HISTORY).size() == 1U);
  BOOST_TEST(e.last.transfer.size() == 1U);
}

BOOST_AUTO_TEST_CASE(asks_for_events_it_needs) {
  engine e;
  e.begin();
  api::Decision external;
  auto& cancel = *external.mutable_request_cancel_external_workflow_execution_decision_attributes();
  cancel.mutable_workflow_execution()->set_workflow_id("other");
  e.decide({external});
  stored_history nothing;
  const auto environment = e.env();
  transaction tx(*e.subject().state, environment, nothing);
  refresh_tasks(tx);
  BOOST_REQUIRE(tx.missing().has_value());
  BOOST_TEST(tx.missing()->event_id == 5);
  BOOST_TEST(tx.missing()->batch_first_id == 4);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::workflow::test
