#include "matching_lists.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

/// Lists, runs and workers of which some are on another node.
namespace cadenza::actors {
namespace {

using message = wire::v1::MatchingMessage;
using copies = std::vector<std::int64_t>;

/// Loses the first so many messages of a kind.
auto losing(message::BodyCase kind, int count) {
  return [kind, left = std::make_shared<int>(count)](const message& what) {
    return what.body_case() == kind && (*left)-- > 0 ? copies{} : copies{0};
  };
}

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

list_query_ptr a_query(matching_world& world, std::vector<std::string>& results, std::int64_t patience_ns) {
  auto query = std::make_shared<list_query>();
  query->list = {world.domain(), "list", 1};
  query->workflow = {world.domain(), "workflow"};
  query->task_id = std::to_string(results.size());
  query->deadline_ns = world.now() + patience_ns;
  query->answer = std::make_shared<inner_call<api::QueryWorkflowResponse>>(
      INT64_MAX, [&results](const api::QueryWorkflowResponse* response, const error* reason) {
        results.push_back(response != nullptr ? response->query_result().data() : std::string(name_of(reason->kind)));
      });
  return query;
}

std::shared_ptr<query_answer> an_answer(matching_world& world, const list_query& to, const std::string& text) {
  auto given = std::make_shared<query_answer>();
  given->list = {world.domain(), world.asked_by, 1};
  given->task_id = to.task_id;
  given->request = std::make_shared<api::RespondQueryTaskCompletedRequest>();
  given->request->mutable_result()->set_result_type(api::QUERY_RESULT_TYPE_ANSWERED);
  given->request->mutable_result()->mutable_answer()->set_data(text);
  given->answer = std::make_shared<inner_call<api::RespondQueryTaskCompletedResponse>>(INT64_MAX, [](auto*, auto*) {});
  return given;
}

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
  poll->answer = caller;
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

BOOST_AUTO_TEST_SUITE(far_partitions)

BOOST_AUTO_TEST_CASE(a_poll_gets_what_a_partition_on_another_node_has) {
  for (const bool runs : {false, true}) {
    partitioned world;
    world.far(true, runs);
    world.die(); // begins again, over the wire
    (void)world.describe();
    world.push(1, "/__cadence_sys/list/1");
    world.poll("/__cadence_sys/list/2");
    world.pass(500 * ns_per_ms);
    BOOST_TEST(world.answers == ids{1});
    BOOST_TEST(world.over == ids{1});
    BOOST_TEST(world.road.sent[message::kOfferTask] + world.road.sent[message::kOfferPoll] > 0);
    world.push(2);
    world.poll("/__cadence_sys/list/3");
    world.pass(2 * ns_per_s);
    BOOST_TEST(world.answers == (ids{1, 2}));
    BOOST_TEST(world.starts == 2);
  }
}

BOOST_AUTO_TEST_CASE(a_task_that_comes_by_twice_on_its_way_to_a_partition_is_kept) {
  partitioned world;
  world.far(true, true);
  world.die();
  (void)world.describe();
  for (const auto id : up_to(8)) // to the root, which spreads them
    world.push(id);
  for (int i = 0; i < 8; ++i) {
    world.poll();
    world.pass(ns_per_s);
  }
  BOOST_TEST(sorted(world.answers) == up_to(8));
  BOOST_TEST(sorted(world.over) == up_to(8));
}

BOOST_AUTO_TEST_CASE(an_offer_that_was_taken_where_it_waits_is_withdrawn) {
  partitioned world;
  world.far(true, true);
  world.die();
  (void)world.describe();
  world.poll("/__cadence_sys/list/1");
  world.pass(50 * ns_per_ms);
  BOOST_TEST(world.road.sent[message::kOfferPoll] == 1);
  world.push(1, "/__cadence_sys/list/1");
  BOOST_TEST(world.answers == ids{1});
  world.pass(200 * ns_per_ms);
  BOOST_TEST(world.road.sent[message::kWithdrawn] == 1);
  world.push(2, "list"); // no poll waits at the root
  world.pass(200 * ns_per_ms);
  BOOST_TEST(world.road.sent[message::kMatch] == 0);
  BOOST_TEST(world.starts == 1);
}

BOOST_AUTO_TEST_CASE(a_task_sent_to_a_poll_that_has_one_by_now_comes_back_at_once) {
  partitioned world;
  world.far(true, true);
  world.die();
  (void)world.describe();
  world.road.weather = [](const message& what) { return what.has_withdrawn() ? copies{} : copies{0}; };
  world.poll("/__cadence_sys/list/1");
  world.pass(50 * ns_per_ms);
  world.push(1, "/__cadence_sys/list/1"); // takes the poll; the root does not hear of it
  BOOST_TEST(world.answers == ids{1});
  world.push(2, "list");
  world.pass(20 * ns_per_ms);
  BOOST_TEST(world.road.sent[message::kMatch] == 1);
  world.poll("list");
  BOOST_TEST(world.answers == (ids{1, 2})); // it did not wait for a pause
}

BOOST_AUTO_TEST_CASE(a_task_that_was_sent_to_the_poll_of_a_node_that_died_is_offered_again) {
  for (const auto kind : {message::kMatch, message::kOver}) {
    partitioned world;
    world.far(true, true);
    world.die();
    (void)world.describe();
    world.poll("/__cadence_sys/list/1", {}, {}, 3 * ns_per_s);
    world.pass(50 * ns_per_ms);
    world.road.weather = losing(kind, 1);
    world.push(1, "list");
    world.pass(20 * ns_per_s);
    BOOST_TEST(world.road.sent[message::kMatch] == 1);
    world.poll("list");
    world.pass(ns_per_s);
    // The run knows whether the first poll has it.
    BOOST_TEST(world.answers == (kind == message::kMatch ? ids{0, 1} : ids{1}));
    BOOST_TEST(world.starts == 1);
  }
}

BOOST_AUTO_TEST_CASE(a_query_is_answered_by_a_worker_of_another_partition) {
  partitioned world;
  world.far(true, true);
  world.die();
  (void)world.describe();
  std::vector<std::string> results;
  auto query = a_query(world, results, 30 * ns_per_s);
  query->list.name = "/__cadence_sys/list/2";
  query->placed = true;
  world.send(list_query_ptr(query));
  world.road.weather = losing(message::kMatch, 1);
  world.poll("/__cadence_sys/list/1");
  world.pass(500 * ns_per_ms);
  BOOST_TEST(world.asked_by.empty());
  world.pass(19 * ns_per_s);                    // the poll is offered again, the query was given back
  BOOST_TEST_REQUIRE(world.asked_by == "list"); // they have met at the root
  BOOST_TEST(world.road.sent[message::kMatch] == 2);
  world.send(an_answer(world, *query, "yes"));
  world.pass(ns_per_s);
  BOOST_TEST(results == std::vector<std::string>{"yes"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(no_weather_loses_or_doubles_a_task) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      partitioned world(3);
      world.far(seed % 3 != 0, seed % 3 != 1);
      std::uint64_t state = seed;
      const auto draw = [&state](std::uint64_t below) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<std::int64_t>((state >> 33) % below);
      };
      bool rough = false;
      world.road.weather = [&](const message&) {
        if (!rough)
          return copies{0};
        copies out;
        if (draw(100) >= 15)
          out.push_back(draw(10) < 2 ? draw(10'000) * ns_per_ms : draw(5) * ns_per_ms);
        if (draw(100) < 20)
          out.push_back(draw(10'000) * ns_per_ms);
        return out;
      };
      world.die();
      (void)world.describe();
      rough = true;
      std::int64_t pushed = 0;
      for (int step = 0; step < 150; ++step) {
        switch (draw(8)) {
        case 0:
        case 1:
        case 2: world.push(++pushed); break;
        case 3:
        case 4:
        case 5: world.poll("list", {}, {}, draw(20) * ns_per_s); break;
        case 6: (void)world.kill("orders/activity/" + name_of_partition("list", static_cast<int>(draw(3)))); break;
        default: world.pass(draw(1500) * ns_per_ms); break;
        }
      }
      rough = false;
      world.pass(15 * ns_per_s);
      for (int round = 0; round < 100; ++round) {
        world.poll();
        world.pass(100 * ns_per_ms);
      }
      world.pass(70 * ns_per_s);
      BOOST_TEST(world.starts == pushed); // each once, and none is left
      ids had;
      for (const auto id : world.answers) {
        if (id > 0)
          had.push_back(id);
      }
      std::sort(had.begin(), had.end());
      BOOST_TEST((std::adjacent_find(had.begin(), had.end()) == had.end())); // no worker has another's
      BOOST_TEST(world.counters.tasks_waiting.load() == 0);
      BOOST_TEST(world.counters.pollers_waiting.load() == 0);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
