#include "server/chaos.hpp"

#include "server/warm_up.hpp"
#include "tests/unit/server/support.hpp"

#include <algorithm>
#include <set>

using namespace cadenza;
using namespace std::chrono_literals;

namespace {

using victims = std::vector<std::string>;

config::chaos_config every(std::chrono::nanoseconds interval, std::uint64_t seed = 7) {
  config::chaos_config out;
  out.enabled = true;
  out.interval = interval;
  out.seed = seed;
  return out;
}

/// Whom `how` kills within a time that goes by in steps of a millisecond.
victims killed_within(std::chrono::milliseconds time, const config::chaos_config& how) {
  victims out;
  chaos::time now{};
  chaos killing(
      how, 4, [&](const std::string& path) { out.push_back(path); }, now);
  for (const auto end = now + time; now < end; now += 1ms)
    killing.tick(now);
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(chaos_suite)

BOOST_AUTO_TEST_CASE(nobody_is_killed_unless_it_is_enabled_and_has_an_interval) {
  BOOST_TEST(killed_within(10s, every(0ns)).empty());
  auto off = every(10ms);
  off.enabled = false;
  BOOST_TEST(killed_within(10s, off).empty());
}

BOOST_AUTO_TEST_CASE(kills_come_about_as_often_as_the_mean_says) {
  const auto killed = killed_within(10s, every(10ms));
  BOOST_TEST(killed.size() > 800U);
  BOOST_TEST(killed.size() < 1200U);
}

BOOST_AUTO_TEST_CASE(the_same_seed_kills_the_same_actors_and_another_one_others) {
  BOOST_TEST((killed_within(1s, every(10ms, 1)) == killed_within(1s, every(10ms, 1))));
  BOOST_TEST((killed_within(1s, every(10ms, 1)) != killed_within(1s, every(10ms, 2))));
}

BOOST_AUTO_TEST_CASE(all_kinds_are_killed_when_none_is_named_and_only_those_that_are) {
  const auto all = killed_within(20s, every(10ms));
  const std::set<std::string> paths(all.begin(), all.end());
  for (const auto* path :
       {"node/shard_owner", "node/matching_owner", "node/matching_owner/task_list:*", "node/domain_registry",
        "node/document_keeper", "node/visibility_writer", "node/system_worker", "node/shard_owner/history_shard:3",
        "node/shard_owner/history_shard:0/workflow_run:*"})
    BOOST_TEST(paths.contains(path), path);

  auto one = every(10ms);
  one.kinds = {"task_list"};
  const auto only = killed_within(1s, one);
  BOOST_TEST(!only.empty());
  BOOST_TEST(
      std::all_of(only.begin(), only.end(), [](const auto& p) { return p == "node/matching_owner/task_list:*"; }));
}

BOOST_AUTO_TEST_CASE(a_random_seed_is_logged_so_that_the_run_can_be_repeated) {
  tests::logged_lines lines;
  const chaos killing(every(10ms, 0), 4, [](const std::string&) {}, {});
  BOOST_TEST(killing.seed() != 0U);
  BOOST_TEST(lines.count("chaos.seed is " + std::to_string(killing.seed())) == 1);
}

BOOST_AUTO_TEST_CASE(interval_and_kinds_change_while_it_runs) {
  victims killed;
  chaos::time now{};
  chaos killing(
      every(0ns), 4, [&](const std::string& path) { killed.push_back(path); }, now);
  BOOST_TEST((killing.due() == chaos::never));
  auto more = every(10ms);
  more.kinds = {"shard_owner"};
  killing.set(more, now);
  BOOST_TEST((killing.due() <= now + 20ms));
  for (int i = 0; i < 1000; ++i)
    killing.tick(now += 1ms);
  BOOST_TEST(!killed.empty());
  BOOST_TEST(std::all_of(killed.begin(), killed.end(), [](const auto& path) { return path == "node/shard_owner"; }));
  killing.set(every(0ns), now);
  BOOST_TEST((killing.due() == chaos::never));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(warm_up_suite)

BOOST_AUTO_TEST_CASE(without_a_time_to_warm_up_it_is_ready_at_once) {
  bridge::health_board board;
  const warm_up none(board, {}, {});
  BOOST_TEST(board.serving());
  BOOST_TEST((none.due() == warm_up::time::max()));
}

BOOST_AUTO_TEST_CASE(it_is_ready_when_the_time_is_over_and_not_made_so_again_later) {
  bridge::health_board board;
  const warm_up::time begun{};
  warm_up warming(board, begun + 30s, begun);
  BOOST_TEST((warming.due() == begun + 30s));
  warming.tick(begun + 29s);
  BOOST_TEST(!board.serving());
  warming.tick(begun + 30s);
  BOOST_TEST(board.serving());
  board.set(bridge::health_state::shutting_down);
  warming.tick(begun + 31s);
  BOOST_TEST(!board.serving());
}

BOOST_AUTO_TEST_SUITE_END()
