#include "harbour.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

/// What a shard does with blocks of its queues that cannot be read.
namespace cadenza::simulation {
namespace {

struct damaged_harbour : harbour {
  damaged_harbour() : harbour(7, 1, [](auto& options) { options.settings.chaos = true; }) {
    in.set_fate([this](const storage::fault_point& point) -> std::optional<storage::fault> {
      if (std::string(point.operation) == failing) {
        storage::fault out;
        out.what = storage::fault::kind::unavailable;
        return out;
      }
      const auto found = damage.find(std::string(point.operation));
      if (found == damage.end())
        return std::nullopt;
      storage::fault out;
      out.unreadable = found->second;
      return out;
    });
  }

  /// The shard is made anew and reads its queues again.
  void restart_shard() {
    in.engine().kill_actor("node/shard_owner/history_shard:0", [](const std::string&) {});
    wait(2 * ns_per_s);
  }
  /// The task lists are made anew as well, and at the same time. What an earlier incarnation of the shard pushed to
  /// them is covered by its queue alone as long as they have not stored it; while they live they would still hand it
  /// out.
  void forget_what_was_pushed() {
    in.engine().kill_actor("node/shard_owner/history_shard:0", [](const std::string&) {});
    in.engine().kill_actor("node/matching_owner", [](const std::string&) {});
    wait(2 * ns_per_s);
  }
  std::vector<std::int64_t> stored_transfer() {
    const auto kept = std::exchange(damage, {});
    std::vector<std::int64_t> out;
    for (const auto& row : all<transfer_row>(
             [](auto&store, auto done) { store.shards().scan_transfer(0, 0, INT64_MAX, 10'000, std::move(done)); }))
      out.push_back(row.task_id);
    damage = kept;
    return out;
  }
  std::vector<timer_row> stored_timers() {
    const auto kept = std::exchange(damage, {});
    auto out = all<timer_row>(
        [](auto& store, auto done) { store.shards().scan_timers(0, 0, 0, INT64_MAX, 10'000, std::move(done)); });
    damage = kept;
    return out;
  }
  std::string unreadable() {
    std::string out;
    for (const auto& one : in.engine().what_is_wrong().unreadable)
      out += one.where + ": " + one.what + '\n';
    return out;
  }

  std::map<std::string, std::vector<storage::unreadable_range>> damage; ///< by operation
  std::string failing;                                                  ///< operation
};

bool has(const std::vector<std::int64_t>& ids, std::int64_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

} // namespace

BOOST_AUTO_TEST_SUITE(damaged_queues)

BOOST_AUTO_TEST_CASE(a_shard_serves_the_rest_of_a_damaged_transfer_queue_and_keeps_what_it_cannot_read) {
  damaged_harbour h;
  h.start("first", "x");
  const auto before = h.stored_transfer(); // record started, decision
  BOOST_TEST_REQUIRE(before.size() == 2U);
  h.damage["scan_transfer"] = {{before[0], before[1], "a damaged block"}};
  h.forget_what_was_pushed();
  BOOST_TEST(h.unreadable() == "node/shard_owner/history_shard:0, transfer queue: transfer tasks " +
                                   std::to_string(before[0]) + " to " + std::to_string(before[1]) +
                                   " cannot be read; what is there is kept, and not carried out: "
                                   "a damaged block\n");
  BOOST_TEST(h.in.count_in_log("a damaged block") == 1);
  BOOST_TEST(h.in.engine().what_is_wrong().deaths.empty()); // it does not die of it

  // Everything else goes on, and what is over is dropped, but for what nobody could read.
  h.start("second", "x");
  h.work_until_closed("second");
  h.wait(60 * ns_per_s);
  const auto after = h.stored_transfer();
  BOOST_TEST(has(after, before[0]));
  BOOST_TEST(has(after, before[1]));
  BOOST_TEST(after.size() == 2U);
  h.restart_shard();
  BOOST_TEST(h.in.count_in_log("a damaged block") == 1); // told once
  BOOST_TEST(!h.describe("first")->workflow_execution_info().has_close_time());

  // Read again one day it is carried out, and then dropped.
  h.damage.clear();
  h.restart_shard();
  h.work_until_closed("first");
  BOOST_TEST(h.unreadable().empty());
  h.wait(60 * ns_per_s);
  BOOST_TEST(h.stored_transfer().empty());
}

BOOST_AUTO_TEST_CASE(a_shard_serves_the_rest_of_a_damaged_timer_queue) {
  damaged_harbour h;
  h.start("first", "x");
  const auto before = h.stored_timers();
  BOOST_TEST_REQUIRE(before.size() == 1U); // the workflow's timeout, in an hour
  h.damage["scan_timers"] = {{before[0].fire_ns - 10, before[0].fire_ns, "a damaged block"}};
  h.restart_shard();
  h.wait(3500 * ns_per_s); // its time comes into the window
  BOOST_TEST(h.unreadable().find("timer queue: timers that fire (ns) " + std::to_string(before[0].fire_ns - 10)) !=
             std::string::npos);
  h.wait(600 * ns_per_s);
  BOOST_TEST(!h.describe("first")->workflow_execution_info().has_close_time());
  h.start("second", "x"); // the others are timed out as ever
  h.wait(3700 * ns_per_s);
  BOOST_TEST(h.describe("second")->workflow_execution_info().has_close_time());
  BOOST_TEST(h.stored_timers().front().task_id == before[0].task_id); // nobody has dropped it
  h.damage.clear();
  h.restart_shard();
  h.wait(5 * ns_per_s);
  BOOST_TEST(h.describe("first")->workflow_execution_info().has_close_time()); // late, but not lost
  BOOST_TEST(h.unreadable().empty());
}

BOOST_AUTO_TEST_CASE(a_queue_that_cannot_be_read_at_all_is_a_death_with_its_reason) {
  damaged_harbour h;
  h.failing = "scan_transfer";
  h.restart_shard();
  h.wait(20 * ns_per_s);
  const auto wrong = h.in.engine().what_is_wrong();
  BOOST_TEST_REQUIRE(wrong.deaths.size() == 1U);
  BOOST_TEST(wrong.deaths[0].path == "node/shard_owner/history_shard:0");
  BOOST_TEST(wrong.deaths[0].reason == "its transfer queue cannot be read: injected fault");
  BOOST_TEST(wrong.deaths[0].count > 2);
  const auto lines = h.in.count_in_log("history_shard:0 died: its transfer queue cannot be read");
  BOOST_TEST(lines >= 2);
  BOOST_TEST(lines <= 4);
  h.failing.clear();
  h.wait(10 * ns_per_s);
  h.start("first", "x");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::simulation
