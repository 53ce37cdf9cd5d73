#include "matching_lists.hpp"

#include <boost/test/unit_test.hpp>

namespace cadenza::actors {

BOOST_AUTO_TEST_SUITE(partition_names)

BOOST_AUTO_TEST_CASE(are_the_reference_systems) {
  BOOST_TEST(name_of_partition("list", 0) == "list");
  BOOST_TEST(name_of_partition("list", 3) == "/__cadence_sys/list/3");
  BOOST_TEST(parse_partition("list")->index == 0);
  BOOST_TEST(parse_partition("/__cadence_sys/a/b/12")->root == "a/b");
  BOOST_TEST(parse_partition("/__cadence_sys/a/b/12")->index == 12);
  for (auto* bad : {"/__cadence_sys/list", "/__cadence_sys/list/", "/__cadence_sys/list/0", "/__cadence_sys/list/x",
                    "/__cadence_sys//1", "/__cadence_sys/list/99999999999"})
    BOOST_TEST(!parse_partition(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(form_a_tree_whose_root_is_0) {
  for (int degree : {1, 2, 3, 20}) {
    std::map<int, int> children;
    for (int index = 1; index < 200; ++index) {
      const int parent = parent_partition(index, degree);
      BOOST_TEST_REQUIRE((parent >= 0 && parent < index));
      BOOST_TEST_REQUIRE(++children[parent] <= degree);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(partitions)

BOOST_AUTO_TEST_CASE(tasks_and_polls_are_spread_and_find_each_other) {
  partitioned world;
  for (const auto id : up_to(40))
    world.push(id);
  world.pass(100 * ns_per_ms);
  BOOST_TEST(world.lists().size() == 4U);
  // One poll at a time, wherever it comes: forwarding brings it what is elsewhere.
  for (int i = 0; i < 40; ++i) {
    world.poll();
    world.pass(ns_per_s);
  }
  BOOST_TEST(sorted(world.answers) == up_to(40));
  BOOST_TEST(sorted(world.over) == up_to(40));
  BOOST_TEST(world.counters.tasks_forwarded.load() > 0);
  world.poll("/__cadence_sys/list/1");
  world.pass(100 * ns_per_ms);
  BOOST_TEST(world.counters.polls_forwarded.load() > 0);
  for (std::int64_t id = 41; id <= 44; ++id)
    world.push(id); // one for each partition: the poll in partition 1 gets one of them
  world.pass(ns_per_s);
  BOOST_TEST(world.answers.size() == 41U);
}

BOOST_AUTO_TEST_CASE(more_than_one_level_forwards_to_the_root) {
  partitioned world(7);
  world.settings.forward_degree = 2;
  world.pass(2 * ns_per_s);
  for (const auto id : up_to(7))
    world.push(id, name_of_partition("list", static_cast<int>(id) - 1));
  for (int i = 0; i < 7; ++i) {
    world.poll(name_of_partition("list", 6 - i));
    world.pass(ns_per_s);
  }
  BOOST_TEST(sorted(world.answers) == up_to(7));
}

BOOST_AUTO_TEST_CASE(the_whole_rate_is_shared) {
  partitioned world;
  world.poll("list", {}, 8.0);
  world.pass(ns_per_s);
  BOOST_TEST(world.describe("/__cadence_sys/list/1").task_list_status().rate_per_second() <= 100'000 / 4);
  BOOST_TEST(world.describe("list").pollers_size() == 1);
}

BOOST_AUTO_TEST_CASE(a_query_finds_a_poll_of_another_partition_and_its_answer_finds_the_query) {
  partitioned world;
  std::vector<std::string> results;
  for (int i = 0; i < 4; ++i) {
    auto query = std::make_shared<list_query>();
    query->list = {world.domain(), "list", 1};
    query->workflow = {world.domain(), "workflow"};
    query->task_id = std::to_string(i);
    query->deadline_ns = world.now() + 60 * ns_per_s;
    query->call = std::make_shared<inner_call<api::QueryWorkflowResponse>>(
        INT64_MAX, [&results](const api::QueryWorkflowResponse* response, const error* reason) {
          results.push_back(response != nullptr ? response->query_result().data() : reason->message);
        });
    world.send(std::move(query));
    world.asked_by.clear();
    world.poll("/__cadence_sys/list/2");
    world.pass(100 * ns_per_ms);
    BOOST_TEST_REQUIRE(!world.asked_by.empty());
    auto given = std::make_shared<query_answer>();
    given->list = {world.domain(), world.asked_by, 1};
    given->task_id = std::to_string(i);
    given->request = std::make_shared<api::RespondQueryTaskCompletedRequest>();
    given->request->mutable_result()->set_result_type(api::QUERY_RESULT_TYPE_ANSWERED);
    given->request->mutable_result()->mutable_answer()->set_data("yes");
    given->call = std::make_shared<inner_call<api::RespondQueryTaskCompletedResponse>>(INT64_MAX, [](auto*, auto*) {});
    world.send(std::move(given));
  }
  BOOST_TEST(results == std::vector<std::string>(4, "yes"));
  BOOST_TEST(world.counters.queries_forwarded.load() > 0);
}

BOOST_AUTO_TEST_CASE(a_query_whose_list_died_is_dropped_by_the_partition_it_came_from) {
  partitioned world;
  std::vector<std::string> results;
  auto query = std::make_shared<list_query>();
  query->list = {world.domain(), "/__cadence_sys/list/2", 1};
  query->workflow = {world.domain(), "workflow"};
  query->task_id = "1";
  query->deadline_ns = world.now() + 3600 * ns_per_s;
  query->call = std::make_shared<inner_call<api::QueryWorkflowResponse>>(
      INT64_MAX, [&results](const api::QueryWorkflowResponse*, const error* reason) {
        results.push_back(reason != nullptr ? std::string(name_of(reason->kind)) : "answered");
      });
  world.send(std::move(query));
  BOOST_TEST(world.counters.queries_forwarded.load() == 1);
  world.poll("/__cadence_sys/list/1");
  world.pass(100 * ns_per_ms);
  BOOST_TEST(world.asked_by == "list"); // they met at the root, which knows the query now
  BOOST_TEST(world.kill("orders/activity/list"));
  world.pass(ns_per_s);
  BOOST_TEST(results == std::vector<std::string>{"unavailable"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_admin_call_stores_a_config_with_a_version) {
  matching_world world;
  world.begin();
  BOOST_TEST(!world.describe().has_partition_config());
  BOOST_TEST(world.configure(3, 2) == "");
  BOOST_TEST(world.describe().partition_config().version() == 1);
  BOOST_TEST(world.configure(3, 2) == "");
  BOOST_TEST(world.describe().partition_config().version() == 1); // no change
  BOOST_TEST(world.configure(4, 4) == "");
  world.die();
  const auto config = world.describe().partition_config();
  BOOST_TEST(config.version() == 2);
  BOOST_TEST(config.num_read_partitions() == 4);
  BOOST_TEST(config.write_partitions_size() == 4);
  BOOST_TEST(world.configure(2, 2, "/__cadence_sys/list/1") ==
             "Only root partition's partition config can be updated.");
  for (const auto id : up_to(4))
    world.push(id);
  BOOST_TEST(world.describe().task_list_status().backlog_count_hint() == 4);
  BOOST_TEST(world.describe("/__cadence_sys/list/3").task_list_status().backlog_count_hint() == 1);
}

BOOST_AUTO_TEST_CASE(a_partition_that_is_not_used_any_more_gives_up_its_backlog) {
  matching_world world;
  world.begin();
  BOOST_TEST(world.configure(3, 3) == "");
  for (const auto id : up_to(9))
    world.push(id);
  world.pass(3 * ns_per_s);
  BOOST_TEST(world.counters.tasks_spilled.load() == 9);
  BOOST_TEST(world.configure(1, 1) == "");
  world.die(); // nobody names the partitions now
  world.pass(ns_per_s);
  for (int i = 0; i < 9; ++i)
    world.poll();
  world.pass(10 * ns_per_s);
  BOOST_TEST(sorted(world.answers) == up_to(9));
}

BOOST_AUTO_TEST_CASE(all_partitions_are_listed) {
  partitioned world(3);
  auto asked = std::make_shared<list_partitions>();
  asked->domain_id = world.domain();
  asked->name = "list";
  std::vector<std::string> names;
  asked->call = std::make_shared<inner_call<api::ListTaskListPartitionsResponse>>(
      INT64_MAX, [&names](const api::ListTaskListPartitionsResponse* response, const error*) {
        for (const auto& one : response->activity_task_list_partitions())
          names.push_back(one.key() + "@" + one.owner_host_name());
      });
  world.send(std::move(asked));
  BOOST_TEST(names ==
             (std::vector<std::string>{"list@here:1", "/__cadence_sys/list/1@here:1", "/__cadence_sys/list/2@here:1"}));
}

BOOST_AUTO_TEST_CASE(lists_of_a_domain_count_partitions_together) {
  partitioned world(3);
  for (int i = 0; i < 6; ++i)
    world.poll();
  auto asked = std::make_shared<lists_of_domain>();
  asked->domain_id = world.domain();
  std::map<std::string, int> pollers;
  asked->call = std::make_shared<inner_call<api::GetTaskListsByDomainResponse>>(
      INT64_MAX, [&pollers](const api::GetTaskListsByDomainResponse* response, const error*) {
        for (const auto& [name, one] : response->activity_task_list_map())
          pollers[name] = one.pollers_size();
      });
  world.send(std::move(asked));
  BOOST_TEST(pollers.size() == 1U);
  BOOST_TEST(pollers["list"] == 1); // one identity
}

BOOST_AUTO_TEST_CASE(no_death_loses_a_task) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      partitioned world(3);
      world.settings.forwarded_rate = 1000;
      std::uint64_t state = seed;
      const auto draw = [&state](std::uint64_t below) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return (state >> 33) % below;
      };
      std::int64_t pushed = 0;
      for (int step = 0; step < 300; ++step) {
        switch (draw(10)) {
        case 0:
        case 1:
        case 2:
        case 3: world.push(++pushed); break;
        case 4:
        case 5: world.poll("list", {}, {}, static_cast<std::int64_t>(draw(3)) * ns_per_s); break;
        case 6: (void)world.kill("orders/activity/" + name_of_partition("list", static_cast<int>(draw(3)))); break;
        case 7: world.pass(static_cast<std::int64_t>(draw(1500)) * ns_per_ms); break;
        case 8: world.pass(20 * ns_per_ms); break;
        default:
          if (draw(8) == 0)
            world.die();
          break;
        }
      }
      for (int round = 0; round < 400 && world.answers.size() < 100'000; ++round) {
        world.poll();
        world.pass(50 * ns_per_ms);
      }
      world.pass(30 * ns_per_s);
      ids had;
      for (const auto id : world.answers) {
        if (id > 0)
          had.push_back(id);
      }
      BOOST_TEST(sorted(had) == up_to(pushed)); // each exactly once: the run starts a task once
      world.pass(70 * ns_per_s);
      BOOST_TEST(world.counters.tasks_waiting.load() == 0);
      BOOST_TEST(world.counters.pollers_waiting.load() == 0);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
