#include "far_lists.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <utility>

/// Lists, runs and workers of which some are on another node.
namespace cadenza::actors {
namespace {

/// A caller that may go away.
class leaving_call final : public call {
public:
  explicit leaving_call(int& answers) : call(INT64_MAX), answers_(answers) {}
  [[nodiscard]] bool cancelled() const override { return gone_; }
  void on_cancel(std::function<void()> hook) override { hook_ = std::move(hook); }
  void leave() {
    gone_ = true;
    if (const auto hook = std::exchange(hook_, nullptr))
      hook();
  }

protected:
  void send(const google::protobuf::MessageLite&) override { ++answers_; }
  void send_bytes(std::string) override { ++answers_; }
  void fail(const error&) override { ++answers_; }

private:
  int& answers_;
  bool gone_ = false;
  std::function<void()> hook_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(far_matching)

BOOST_AUTO_TEST_CASE(nothing_crosses_a_wire_on_one_node) {
  matching_world world;
  world.begin();
  world.poll();
  world.push(1);
  BOOST_TEST(world.answers == ids{1});
  BOOST_TEST(world.road.sent.empty());
}

BOOST_AUTO_TEST_CASE(a_task_a_poll_and_a_run_on_three_nodes_meet) {
  matching_world world;
  world.far(true, true);
  world.begin();
  world.poll();
  world.push(1);
  BOOST_TEST(world.answers == ids{1});
  BOOST_TEST(world.over == ids{1});
  world.push(2);
  world.poll();
  BOOST_TEST(world.answers == (ids{1, 2}));
  BOOST_TEST(world.over == (ids{1, 2}));
  BOOST_TEST(world.starts == 2);
  for (const auto kind : {message::kAddTask, message::kAddPoll, message::kStartTask})
    BOOST_TEST(world.road.sent[kind] == 2);
}

BOOST_AUTO_TEST_CASE(a_backlog_is_kept_by_the_node_of_the_list) {
  matching_world world;
  world.far(true, true);
  world.begin();
  for (const auto id : up_to(5))
    world.push(id);
  world.pass(3 * ns_per_s);
  BOOST_TEST(world.counters.tasks_spilled.load() == 5);
  BOOST_TEST(sorted(world.over) == up_to(5)); // their shard need not keep them
  world.die();
  for (int i = 0; i < 5; ++i)
    world.poll();
  world.pass(ns_per_s);
  BOOST_TEST(sorted(world.answers) == up_to(5));
}

BOOST_AUTO_TEST_CASE(a_lost_task_is_brought_again) {
  matching_world world;
  world.far(true, true);
  world.road.weather = losing(message::kAddTask, 1);
  world.begin();
  world.poll();
  world.push(1);
  BOOST_TEST(world.answers.empty());
  world.pass(9 * ns_per_s);
  BOOST_TEST(world.answers == ids{1});
  BOOST_TEST(world.over == ids{1});
}

BOOST_AUTO_TEST_CASE(a_task_that_comes_again_while_it_waits_is_one_task) {
  matching_world world;
  world.far(true, true);
  world.env.settings.spill_after_ns = 3600 * ns_per_s; // as when the store takes nothing
  world.begin();
  world.push(1);
  world.pass(30 * ns_per_s); // its shard hears nothing, and brings it again and again
  BOOST_TEST(world.road.sent[message::kAddTask] > 2);
  BOOST_TEST(world.counters.tasks_waiting.load() == 1);
  world.poll();
  world.pass(ns_per_s);
  BOOST_TEST(world.answers == ids{1});
  BOOST_TEST(world.over == ids{1}); // whoever has asked last is told
  BOOST_TEST(world.starts == 1);
}

BOOST_AUTO_TEST_CASE(a_lost_start_and_a_lost_answer_to_it_cost_a_question) {
  for (const auto kind : {message::kStartTask, message::kReply}) {
    matching_world world;
    world.far(false, true);
    world.road.weather = losing(kind, 1);
    world.begin();
    world.poll();
    world.push(1);
    BOOST_TEST(world.answers.empty());
    world.pass(1100 * ns_per_ms);
    BOOST_TEST(world.answers == ids{1});
    BOOST_TEST(world.over == ids{1});
    BOOST_TEST(world.starts == 1); // the same poll asked again
    BOOST_TEST(world.road.sent[message::kStartTask] == 2);
  }
}

BOOST_AUTO_TEST_CASE(a_poll_whose_start_is_lost_is_answered_empty_by_its_deadline) {
  matching_world world;
  world.far(false, true);
  world.road.weather = losing(message::kStartTask, 1000);
  world.begin();
  world.poll("list", {}, {}, 3 * ns_per_s);
  world.push(1);
  world.pass(2900 * ns_per_ms);
  BOOST_TEST(world.answers.empty());
  world.pass(200 * ns_per_ms);
  BOOST_TEST(world.answers == ids{0});
  world.road.weather = losing(message::kStartTask, 0);
  world.poll();
  world.pass(4 * ns_per_s);
  BOOST_TEST(world.answers == (ids{0, 1})); // the task has waited for whoever comes
}

BOOST_AUTO_TEST_CASE(a_start_that_comes_too_late_starts_nothing) {
  matching_world world;
  world.far(false, true);
  world.road.weather = [](const message& what) { return what.has_start_task() ? copies{6 * ns_per_s} : copies{0}; };
  world.begin();
  world.poll();
  world.push(1);
  world.pass(6500 * ns_per_ms);
  BOOST_TEST(world.starts == 0);
}

BOOST_AUTO_TEST_CASE(the_answer_to_a_poll_is_sent_until_it_has_come) {
  matching_world world;
  world.far(true, false);
  world.road.weather = losing(message::kReply, 2);
  world.begin();
  world.poll();
  world.push(1);
  BOOST_TEST(world.answers.empty());
  BOOST_TEST(world.starts == 1);
  world.pass(3100 * ns_per_ms);
  BOOST_TEST(world.answers == ids{1});
  world.pass(20 * ns_per_s);
  BOOST_TEST(world.road.sent[message::kReply] == 3); // and no longer
}

BOOST_AUTO_TEST_CASE(a_copy_of_a_poll_that_was_answered_takes_no_task) {
  matching_world world;
  world.far(true, false);
  world.road.weather = [](const message& what) { return what.has_add_poll() ? copies{0, 2 * ns_per_s} : copies{0}; };
  world.begin();
  world.poll();
  world.push(1);
  BOOST_TEST(world.answers == ids{1});
  world.pass(3 * ns_per_s);
  world.push(2);
  BOOST_TEST(world.starts == 1);
  BOOST_TEST(world.counters.pollers_waiting.load() == 0);
}

BOOST_AUTO_TEST_CASE(a_poll_waits_again_when_its_list_has_died) {
  matching_world world;
  world.far(true, true);
  world.begin();
  world.poll();
  BOOST_TEST(world.kill("orders/activity/list"));
  BOOST_TEST(world.answers == ids{-1}); // as on one node: its worker polls again
  world.answers.clear();
  world.road.weather = losing(message::kAddPoll, 1);
  world.poll();
  world.push(1);
  world.pass(1100 * ns_per_ms);
  BOOST_TEST(world.answers == ids{1});
}

BOOST_AUTO_TEST_CASE(a_worker_that_has_gone_is_not_waited_for) {
  matching_world world;
  world.far(true, true);
  world.begin();
  int answers = 0;
  auto poll = std::make_shared<list_poll>();
  poll->list = {world.domain(), "list", 1};
  poll->deadline_ns = world.now() + 60 * ns_per_s;
  poll->request_id = "mine";
  const auto caller = std::make_shared<leaving_call>(answers);
  poll->call = caller;
  world.send(std::move(poll));
  BOOST_TEST(world.counters.pollers_waiting.load() == 1);
  caller->leave();
  world.run();
  BOOST_TEST(world.counters.pollers_waiting.load() == 0);
  world.push(1);
  BOOST_TEST(world.starts == 0);
  world.poll();
  BOOST_TEST(world.answers == ids{1});
  BOOST_TEST(answers == 0);
}

BOOST_AUTO_TEST_CASE(workers_of_a_node_that_has_died_get_no_task) {
  matching_world world;
  world.far(true, true);
  world.begin();
  world.poll();
  world.node_gone("another:1");
  BOOST_TEST(world.counters.pollers_waiting.load() == 1);
  world.node_gone("here:1");
  BOOST_TEST(world.counters.pollers_waiting.load() == 0);
  world.push(1);
  BOOST_TEST(world.starts == 0);
}

BOOST_AUTO_TEST_CASE(a_query_and_its_answer_cross_and_may_be_lost) {
  for (const auto kind : {message::kAddQuery, message::kPutQuery, message::kAnswerQuery, message::kReply}) {
    matching_world world;
    world.far(true, true);
    world.road.weather = losing(kind, 1);
    world.begin();
    std::vector<std::string> results;
    const auto query = a_query(world, results, 30 * ns_per_s);
    world.send(list_query_ptr(query));
    world.poll();
    world.pass(2 * ns_per_s);
    BOOST_TEST_REQUIRE(world.asked_by == "list");
    world.send(an_answer(world, *query, "yes"));
    world.pass(3 * ns_per_s);
    BOOST_TEST(results == std::vector<std::string>{"yes"}, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(a_query_that_nobody_answers_times_out_where_it_was_asked) {
  matching_world world;
  world.far(true, true);
  world.road.weather = losing(message::kAddQuery, 1000);
  world.begin();
  std::vector<std::string> results;
  world.send(a_query(world, results, 5 * ns_per_s));
  world.pass(6 * ns_per_s);
  BOOST_TEST(results == std::vector<std::string>{"deadline_exceeded"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_list_is_described_and_configured_from_another_node) {
  matching_world world;
  world.far(true, true);
  world.begin();
  world.push(1);
  BOOST_TEST(world.describe().task_list_status().backlog_count_hint() == 1);
  BOOST_TEST(world.configure(3, 2) == "");
  BOOST_TEST(world.describe().partition_config().num_read_partitions() == 3);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
