#include "actors/base/lost_ranges.hpp"
#include "actors/base/troubles.hpp"
#include "messages/constants.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace cadenza::actors {
namespace {

struct settable_clock final : clock {
  [[nodiscard]] std::int64_t now_ns() const override { return at_ns; }
  std::int64_t at_ns = 1'700'000'000LL * ns_per_s;
};

struct board {
  settable_clock time;
  std::vector<std::string> lines;
  troubles wrong{time, [this](log::level level, log::fields values, log::sentence says) {
                   lines.push_back(std::to_string(static_cast<int>(level)) + ' ' + log::text_of(values, says));
                 }};
};

constexpr bool wanted = true;

} // namespace

BOOST_AUTO_TEST_SUITE(deaths_of_actors)

BOOST_AUTO_TEST_CASE(a_death_is_logged_with_its_reason_and_an_actor_that_dies_again_and_again_at_a_bounded_rate) {
  board b;
  const std::string path = "node/shard_owner/history_shard:3";
  b.wrong.died(path, "its transfer queue cannot be read", !wanted);
  BOOST_TEST_REQUIRE(b.lines.size() == 1U);
  BOOST_TEST(b.lines[0] == "3 actor " + path + " died: its transfer queue cannot be read");
  for (int i = 0; i < 20; ++i) {
    b.time.at_ns += 400 * ns_per_ms;
    b.wrong.died(path, "the same", !wanted);
  }
  BOOST_TEST(b.lines.size() == 1U);
  b.time.at_ns += 5 * ns_per_s;
  b.wrong.died(path, "the same", !wanted);
  BOOST_TEST_REQUIRE(b.lines.size() == 2U);
  BOOST_TEST(b.lines[1] == "3 actor " + path + " died: the same (20 more like this left out)");
  BOOST_TEST(b.wrong.count(path) == 22);
}

BOOST_AUTO_TEST_CASE(what_is_killed_on_purpose_is_counted_and_no_trouble) {
  board b;
  b.wrong.died("node/matching_owner", "killed", wanted);
  BOOST_TEST(b.lines == (std::vector<std::string>{"1 actor node/matching_owner was killed"}),
             boost::test_tools::per_element());
  BOOST_TEST(b.wrong.count("node/matching_owner") == 1);
  BOOST_TEST(b.wrong.count("node/shard_owner") == 0);
  BOOST_TEST(b.wrong.deaths(60 * ns_per_s).empty());
}

BOOST_AUTO_TEST_CASE(the_deaths_of_the_last_minute_are_told_most_first) {
  board b;
  b.wrong.died("node/a", "old", !wanted);
  b.time.at_ns += 50 * ns_per_s;
  b.wrong.died("node/b", "once", !wanted);
  b.wrong.died("node/c", "first", !wanted);
  b.wrong.died("node/c", "second", !wanted);
  b.time.at_ns += 20 * ns_per_s;
  const auto told = b.wrong.deaths(60 * ns_per_s);
  BOOST_TEST_REQUIRE(told.size() == 2U);
  BOOST_TEST(told[0].path == "node/c");
  BOOST_TEST(told[0].reason == "second");
  BOOST_TEST(told[0].count == 2);
  BOOST_TEST(told[1].path == "node/b");
}

BOOST_AUTO_TEST_CASE(many_deaths_at_once_flood_neither_the_log_nor_the_memory) {
  board b;
  for (int i = 0; i < 5000; ++i)
    b.wrong.died("node/shard_owner/history_shard:0/workflow_run:d/w/" + std::to_string(i), "why", !wanted);
  BOOST_TEST(b.lines.size() == 10U);
  BOOST_TEST(b.wrong.deaths(60 * ns_per_s).size() == 1000U);
  b.time.at_ns += ns_per_s;
  b.wrong.died("node/shard_owner/history_shard:0", "why", !wanted);
  BOOST_TEST_REQUIRE(b.lines.size() == 12U);
  BOOST_TEST(b.lines[10] == "2 4990 deaths of actors are not in the log: there were too many at once");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_told_when_it_changes) {
  board b;
  b.wrong.unreadable("shard 1", {"tasks 1 to 2"});
  b.wrong.unreadable("shard 1", {"tasks 1 to 2"});
  BOOST_TEST(b.lines.size() == 1U);
  b.wrong.unreadable("shard 1", {"tasks 1 to 3"}, true);
  BOOST_TEST(b.lines.size() == 1U);
  BOOST_TEST(b.wrong.damages().front().what == "tasks 1 to 3");
  BOOST_TEST(b.wrong.damage_count() == 1);
  b.wrong.unreadable("shard 1", {});
  b.wrong.unreadable("shard 1", {});
  BOOST_TEST(b.lines.size() == 2U);
  BOOST_TEST(b.lines.back() == "2 shard 1 can be read again");
  BOOST_TEST(b.wrong.damages().empty());
}

BOOST_AUTO_TEST_CASE(ranges_that_touch_are_one_and_hold_levels_back) {
  lost_ranges lost;
  BOOST_TEST(lost.held_back(100) == 100);
  BOOST_TEST(lost.add({10, 20, "a"}));
  BOOST_TEST(lost.add({40, 50, "b"}));
  BOOST_TEST(!lost.add({21, 30, "c"}));
  BOOST_TEST(!lost.add({12, 15, "d"}));
  BOOST_TEST(lost.all().size() == 2U);
  BOOST_TEST(lost.held_back(5) == 5);
  BOOST_TEST(lost.held_back(100) == 9);
  BOOST_TEST(!lost.add({25, 45, "e"}));
  BOOST_TEST_REQUIRE(lost.all().size() == 1U);
  BOOST_TEST(lost.all()[0].first == 10);
  BOOST_TEST(lost.all()[0].last == 50);
  BOOST_TEST(lost.add({7, 7, "f"}));
  BOOST_TEST(lost.held_back(100) == 6);
  lost.forget(7);
  BOOST_TEST(lost.held_back(100) == 9);
  lost.forget(10); // only a part of one
  BOOST_TEST(lost.held_back(100) == 9);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::actors
