#include "matching_world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace cadenza::actors {
namespace {

using ids = std::vector<std::int64_t>;

/// Delayed messages of all actors while so much time passes.
std::size_t looks_in(matching_world& world, std::int64_t ns) {
  const auto before = world.looks;
  world.pass(ns);
  return world.looks - before;
}

std::size_t stored(matching_world& world) {
  std::size_t rows = 0;
  const auto damaged = std::exchange(world.damaged, {});
  world.store.task_lists().scan_tasks(
      {world.domain(), "list", 1}, 0, INT64_MAX, 100,
      [&rows](const storage::page<storage::backlog_row>& page) { rows = page.rows.size(); });
  world.damaged = damaged;
  return rows;
}

} // namespace

BOOST_AUTO_TEST_SUITE(wakes_of_lists)

BOOST_AUTO_TEST_CASE(lists_in_which_nothing_waits_do_not_look_at_the_clock) {
  matching_world world;
  world.begin();
  const auto without = looks_in(world, 60 * ns_per_s); // of the owner
  for (int i = 0; i < 100; ++i)
    (void)world.describe("list " + std::to_string(i));
  for (int i = 0; i < 100; ++i) { // also after they have been used
    world.poll("list " + std::to_string(i), {}, {}, 2 * ns_per_s);
    world.push(1000 + i, "list " + std::to_string(i));
  }
  world.pass(60 * ns_per_s);
  BOOST_TEST(world.answers.size() == 100U);
  BOOST_TEST(world.lists().size() == 100U);
  BOOST_TEST(looks_in(world, 60 * ns_per_s) <= without);
}

BOOST_AUTO_TEST_CASE(a_list_ends_with_its_idle_time) {
  matching_world world;
  world.begin();
  (void)world.describe();
  world.pass(world.settings.idle_ns - ns_per_s);
  BOOST_TEST(world.lists().size() == 1U);
  world.pass(2 * ns_per_s);
  BOOST_TEST(world.lists().empty());
}

BOOST_AUTO_TEST_CASE(a_list_that_is_used_now_and_then_keeps_few_wake_ups_on_their_way) {
  matching_world world;
  world.begin();
  for (int i = 1; i <= 100; ++i) {
    world.poll("list", {}, {}, 60 * ns_per_s);
    world.push(i);
    world.pass(500 * ns_per_ms);
  }
  BOOST_TEST(world.answers.size() == 100U);
  world.pass(20 * ns_per_s);
  // Each use might have left one for the end of its own idle time.
  BOOST_TEST(looks_in(world, 260 * ns_per_s) <= 260 + 5);
}

BOOST_AUTO_TEST_CASE(polls_are_answered_when_their_time_is_up) {
  matching_world world;
  world.begin();
  world.poll("list", {}, {}, 3 * ns_per_s);
  world.poll("list", {}, {}, 700 * ns_per_ms);
  world.pass(600 * ns_per_ms);
  BOOST_TEST(world.answers.empty());
  world.pass(200 * ns_per_ms);
  BOOST_TEST(world.answers == ids{0});
  world.pass(2 * ns_per_s);
  BOOST_TEST(world.answers == ids{0});
  world.pass(300 * ns_per_ms);
  BOOST_TEST(world.answers == (ids{0, 0}));
}

BOOST_AUTO_TEST_CASE(a_limit_set_while_a_poll_waits_holds_for_runs_within_seconds) {
  matching_world world;
  world.begin();
  world.poll();
  world.pass(5 * ns_per_s);
  world.settings.override_rate = 0.000001;
  world.pass(2 * ns_per_s);
  BOOST_TEST(!world.take_as_run(1));
}

BOOST_AUTO_TEST_CASE(tasks_expire_although_nobody_polls) {
  matching_world world;
  world.begin();
  world.push(1, "list", {}, world.now() + 5 * ns_per_s);
  world.pass(4 * ns_per_s);
  BOOST_TEST(world.counters.tasks_expired.load() == 0);
  world.pass(2 * ns_per_s);
  BOOST_TEST(world.counters.tasks_expired.load() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(damaged_backlogs)

BOOST_AUTO_TEST_CASE(the_rest_of_a_backlog_is_served_and_what_cannot_be_read_is_kept) {
  matching_world world;
  world.begin();
  for (int i = 1; i <= 10; ++i)
    world.push(i);
  world.pass(3 * ns_per_s);
  BOOST_TEST(stored(world) == 10U);
  world.damaged = {{4, 5, "damaged block"}};
  world.die();
  for (int i = 0; i < 8; ++i)
    world.poll();
  world.pass(ns_per_s);
  std::sort(world.answers.begin(), world.answers.end());
  BOOST_TEST(world.answers == (ids{1, 2, 3, 6, 7, 8, 9, 10}));
  BOOST_TEST_REQUIRE(world.wrong.damages().size() == 1U);
  const auto told = world.wrong.damages().front();
  BOOST_TEST(told.where == "node/matching_owner/task_list:orders/activity/list, backlog");
  BOOST_TEST(told.what == "tasks 4 to 5 cannot be read; what is there is kept, and not carried out: damaged block");
  BOOST_TEST(std::count_if(world.log.begin(), world.log.end(),
                           [](const auto& line) { return line.find("tasks 4 to 5") != std::string::npos; }) == 1);

  // What is done goes, what nobody could read stays; new tasks are served as ever.
  world.pass(2 * world.settings.ack_interval_ns);
  BOOST_TEST(stored(world) == 2U);
  world.poll();
  world.push(11);
  world.pass(ns_per_s);
  BOOST_TEST(world.answers.back() == 11);

  // It is told once, however often the list begins anew, and served when it can be read again.
  world.die();
  world.pass(5 * ns_per_s);
  BOOST_TEST(std::count_if(world.log.begin(), world.log.end(),
                           [](const auto& line) { return line.find("tasks 4 to 5") != std::string::npos; }) == 1);
  world.damaged.clear();
  world.die();
  world.answers.clear();
  world.poll();
  world.poll();
  world.pass(ns_per_s);
  std::sort(world.answers.begin(), world.answers.end());
  BOOST_TEST(world.answers == (ids{4, 5}));
  BOOST_TEST(world.wrong.damages().empty());
  world.pass(2 * world.settings.ack_interval_ns);
  BOOST_TEST(stored(world) == 0U);
}

BOOST_AUTO_TEST_CASE(a_task_whose_bytes_are_no_task_is_kept_and_told) {
  matching_world world;
  world.begin();
  const storage::task_list_key key{world.domain(), "list", 1};
  storage::task_list_transaction tx;
  tx.key = key;
  tx.new_range_id = 1;
  record::v1::TaskListRow row;
  row.set_range_id(1);
  tx.row = row.SerializeAsString();
  tx.append.push_back({7, "\xff\xff"});
  world.store.task_lists().commit(std::move(tx), [](const storage::commit_result&) {});
  world.die();
  world.poll();
  world.push(1);
  world.pass(2 * world.settings.ack_interval_ns);
  BOOST_TEST(world.answers == ids{1});
  BOOST_TEST(stored(world) == 1U);
  BOOST_TEST_REQUIRE(world.wrong.damages().size() == 1U);
  BOOST_TEST(world.wrong.damages().front().what.find("tasks 7 cannot be read") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
