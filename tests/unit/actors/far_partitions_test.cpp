#include "far_lists.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

/// Partitions that forward to a parent on another node.
namespace cadenza::actors {

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
