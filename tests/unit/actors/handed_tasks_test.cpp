#include "far_road.hpp"

#include "actors/base/request_gate.hpp"
#include "actors/matching/poll_board.hpp"
#include "actors/runs/handed_tasks.hpp"

#include "../workflow/harness.hpp"

#include "messages/wire_time.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <optional>

using namespace cadenza;
using namespace cadenza::actors;

namespace {

namespace api = uber::cadence::api::v1;

/// A run on a bench, workers that wait on a board, and the part of the matching owner that gets polls back.
class hand_world final : public workflow::test::bench {
public:
  hand_world() {
    routes_.set_matching(caf::actor_cast<caf::actor>(owner_));
    env_.time = &clock_;
    env_.routes = &routes_;
    env_.counters = &counters_;
    env_.polls = &board;
    env_.gate = &gate;
  }

  list_poll_ptr wait_for(const std::string& list, int type) {
    auto& queue = queues_[{domain_id, list, type}];
    if (!queue) {
      queue = std::make_shared<poll_queue>();
      queue->open(true);
      board.post({domain_id, list, type}, queue);
    }
    auto poll = std::make_shared<list_poll>();
    poll->list = {domain_id, list, type};
    poll->identity = "waiter";
    poll->request_id = "request-" + std::to_string(next_poll_);
    poll->id = next_poll_++;
    poll->deadline_ns = INT64_MAX;
    poll->call = std::make_shared<inner_call<api::PollForActivityTaskResponse>>(INT64_MAX, [](auto&&...) {});
    queue->add({poll, nullptr}, false);
    return poll;
  }
  list_poll_ptr decider(const std::string& list = "list") { return wait_for(list, 0); }
  list_poll_ptr doer(const std::string& list = "list") { return wait_for(list, 1); }

  /// Runs a rule, hands out what it made, and commits.
  template <class Rule> void hand_out(Rule&& rule) {
    change([&](workflow::transaction& tx) {
      BOOST_REQUIRE(bool(rule(tx)));
      handed = {}; // one for each transaction
      handed.start(tx, env_, more_to_come);
    });
  }
  void start_run() {
    begin(request(), 60); // waits for its first decision
    hand_out([](workflow::transaction& tx) { return workflow::backoff_over(tx); });
  }
  workflow::decision_started decision() { return workflow::describe_started_decision(state()); }
  void answer_with(const std::vector<api::Decision>& decisions, bool another = false, const std::string& sticky = {}) {
    api::RespondDecisionTaskCompletedRequest body;
    body.set_identity("worker");
    body.set_force_create_new_decision_task(another);
    for (const auto& one : decisions)
      *body.add_decisions() = one;
    if (!sticky.empty()) {
      body.mutable_sticky_attributes()->mutable_worker_task_list()->set_name(sticky);
      workflow::set_seconds(*body.mutable_sticky_attributes()->mutable_schedule_to_start_timeout(), 5);
    }
    workflow::completion_input input;
    const auto now = decision();
    input.schedule_id = now.schedule_id;
    input.attempt = now.attempt;
    input.request = &body;
    hand_out([&](workflow::transaction& tx) { return workflow::complete_decision(tx, input); });
  }
  /// The poll that the matching owner got back; null: none.
  list_poll_ptr given_back() {
    handed.give_back(env_);
    list_poll_ptr out;
    owner_->receive([&](matching_mail_ptr& mail) { out = std::get<list_poll_ptr>(*mail); },
                    caf::after(std::chrono::seconds(0)) >> [] {});
    return out;
  }

  void lists_are_far() {
    road_.lists = true;
    env_.others = &road_;
  }

  handed_tasks handed;
  request_gate gate;
  poll_board board;
  bool more_to_come = false; ///< other commands wait in the run's queue

private:
  class bench_clock final : public clock {
  public:
    explicit bench_clock(const bench& of) : of_(of) {}
    [[nodiscard]] std::int64_t now_ns() const override { return of_.now_ns; }

  private:
    const bench& of_;
  };

  caf::actor_system_config config_;
  caf::actor_system system_{config_};
  caf::scoped_actor owner_{system_};
  router routes_{1};
  bench_clock clock_{*this};
  engine_counters counters_;
  actor_context env_;
  far_road road_{env_};
  std::map<storage::task_list_key, std::shared_ptr<poll_queue>> queues_;
  std::uint64_t next_poll_ = 1;
};

api::Decision activity(const std::string& id) { return workflow::test::schedule_activity(id); }

} // namespace

BOOST_AUTO_TEST_SUITE(tasks_handed_by_runs)

BOOST_AUTO_TEST_CASE(a_decision_is_started_in_the_commit_that_schedules_it) {
  hand_world world;
  const auto poll = world.decider();
  world.start_run();
  BOOST_TEST(world.shape() == "Started DScheduled DStarted");
  BOOST_TEST(poll->given.taken());
  const auto event = world.event(3).decision_task_started_event_attributes();
  BOOST_TEST(event.request_id() == poll->request_id);
  BOOST_TEST(event.identity() == "waiter");
  BOOST_TEST(world.transfer(record::v1::TRANSFER_DECISION).empty());
  // The started event begins a stored batch: a run can be reset to it.
  BOOST_TEST_REQUIRE(world.last.history.size() == 2U);
  BOOST_TEST(world.last.history[1].first_event_id == 3);
  BOOST_TEST(world.decision().started_id == 3);
}

BOOST_AUTO_TEST_CASE(without_a_waiting_worker_the_task_goes_to_its_list) {
  hand_world world;
  const auto elsewhere = world.decider("other");
  const auto activities = world.doer("list");
  world.start_run();
  BOOST_TEST(world.shape() == "Started DScheduled");
  BOOST_TEST(world.transfer(record::v1::TRANSFER_DECISION).size() == 1U);
  BOOST_TEST(!elsewhere->given.taken());
  BOOST_TEST(!activities->given.taken());
}

BOOST_AUTO_TEST_CASE(a_list_on_another_node_has_no_workers_here) {
  hand_world world;
  const auto poll = world.decider();
  world.lists_are_far();
  world.start_run();
  BOOST_TEST(world.shape() == "Started DScheduled");
  BOOST_TEST(!poll->given.taken());
}

BOOST_AUTO_TEST_CASE(a_sticky_worker_gets_its_decision_and_nobody_waits_for_it) {
  hand_world world;
  world.decider();
  world.start_run();
  const auto poll = world.decider("sticky");
  world.answer_with({}, true, "sticky");
  BOOST_TEST(world.shape() == "Started DScheduled DStarted DCompleted DScheduled DStarted");
  BOOST_TEST(poll->given.taken());
  const auto timers = world.timers(record::v1::TIMER_DECISION_TIMEOUT);
  BOOST_TEST_REQUIRE(timers.size() == 1U);
  BOOST_TEST(timers[0].timeout_type() == static_cast<int>(api::TIMEOUT_TYPE_START_TO_CLOSE));
}

BOOST_AUTO_TEST_CASE(activities_get_the_workers_that_wait) {
  hand_world world;
  world.decider();
  world.start_run();
  const auto poll = world.doer();
  world.answer_with({activity("a"), activity("b")});
  BOOST_TEST(world.shape() == "Started DScheduled DStarted DCompleted AScheduled AScheduled AStarted");
  BOOST_TEST(world.event(7).activity_task_started_event_attributes().scheduled_event_id() == 5);
  BOOST_TEST(world.event(7).activity_task_started_event_attributes().request_id() == poll->request_id);
  const auto left = world.transfer(record::v1::TRANSFER_ACTIVITY);
  BOOST_TEST_REQUIRE(left.size() == 1U);
  BOOST_TEST(left[0].schedule_id() == 6);
}

BOOST_AUTO_TEST_CASE(activities_start_before_the_decision_that_follows) {
  hand_world world;
  world.decider();
  world.start_run();
  world.doer();
  world.decider();
  world.answer_with({activity("a")}, true);
  BOOST_TEST(world.shape() == "Started DScheduled DStarted DCompleted AScheduled DScheduled AStarted DStarted");
  BOOST_TEST(world.state().has_started_decision());
  BOOST_TEST(world.last.history.back().first_event_id == 8);
}

BOOST_AUTO_TEST_CASE(a_run_that_closes_hands_out_nothing) {
  hand_world world;
  world.decider();
  world.start_run();
  const auto poll = world.doer();
  world.answer_with({activity("a"), workflow::test::complete_workflow()});
  BOOST_TEST(!world.state().open());
  BOOST_TEST(!poll->given.taken());
}

BOOST_AUTO_TEST_CASE(a_decision_waits_for_the_commands_behind_it_and_activities_do_not) {
  hand_world world;
  world.decider();
  world.start_run();
  const auto doer = world.doer();
  const auto decider = world.decider();
  world.more_to_come = true;
  world.answer_with({activity("a")}, true);
  BOOST_TEST(world.shape() == "Started DScheduled DStarted DCompleted AScheduled DScheduled AStarted");
  BOOST_TEST(doer->given.taken());
  BOOST_TEST(!decider->given.taken());
  BOOST_TEST(world.transfer(record::v1::TRANSFER_DECISION).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_poll_whose_commit_failed_waits_again) {
  hand_world world;
  const auto poll = world.decider();
  world.start_run();
  BOOST_TEST(poll->given.taken());
  BOOST_TEST(world.given_back() == poll);
  BOOST_TEST(!poll->given.taken());
  BOOST_TEST(world.given_back() == nullptr); // once
}

BOOST_AUTO_TEST_CASE(limited_tasks_go_over_their_list) {
  hand_world world;
  request_rates rates;
  rates.internal = 100;
  world.gate.set(rates);
  const auto poll = world.decider();
  world.start_run();
  BOOST_TEST(world.shape() == "Started DScheduled");
  BOOST_TEST(!poll->given.taken());

  hand_world host; // matching.rps and its kin
  host.board.limit(true);
  const auto waits = host.decider();
  host.start_run();
  BOOST_TEST(host.shape() == "Started DScheduled");
  BOOST_TEST(!waits->given.taken());
}

BOOST_AUTO_TEST_SUITE_END()
