#include "tests/storage/support.hpp"

#include "messages/invariant.hpp"
#include "storage/memory/lanes.hpp"
#include "storage/refusals.hpp"
#include "storage/rocksdb/generation_cache.hpp"
#include "storage/rocksdb/keys.hpp"

namespace cadenza::storage::test {

namespace {

void ignore(const commit_result&) {}

/// What a caller breaks is met before anything is written.
void breaks(store& s, shard_transaction tx) {
  BOOST_CHECK_THROW(s.shards().commit(std::move(tx), ignore), broken_invariant);
}

} // namespace

// On the store in memory: that on disk meets the same on a thread of its own, and ends the process.
BOOST_AUTO_TEST_SUITE(broken_invariants_of_stores)

BOOST_AUTO_TEST_CASE(the_range_id_of_a_shard_never_falls) {
  memory_store s;
  take_shard(s);
  check_committed(update_shard(s, 1, 1, 3));
  BOOST_CHECK_THROW(s.shards().update_shard({1, 3, 2, "row"}, ignore), broken_invariant);
}

BOOST_AUTO_TEST_CASE(the_version_of_a_run_grows) {
  memory_store s;
  take_shard(s);
  auto tx = in_shard();
  tx.runs.push_back(write_of(run_of(1), std::nullopt));
  tx.runs[0].new_version = 0;
  breaks(s, std::move(tx));
}

BOOST_AUTO_TEST_CASE(a_current_run_row_names_a_run) {
  memory_store s;
  take_shard(s);
  auto tx = in_shard();
  tx.set_current = current_write{workflow_of(), {}};
  breaks(s, std::move(tx));
}

BOOST_AUTO_TEST_CASE(a_history_tree_that_ends_has_no_branch_left) {
  memory_store s;
  take_shard(s);
  auto make = in_shard();
  make.trees.push_back(new_tree(id(1), id(2)));
  check_committed(commit(s, make));
  auto end = in_shard();
  end.trees.push_back(tree_at(id(1), 1));
  end.trees[0].ends = true;
  breaks(s, std::move(end));
}

BOOST_AUTO_TEST_CASE(somebody_hears_of_the_end_of_a_commit) {
  memory_store s;
  BOOST_CHECK_THROW(s.shards().commit(in_shard(), {}), broken_invariant);
}

BOOST_AUTO_TEST_CASE(a_condition_on_the_current_run_says_which_run) {
  current_condition condition;
  BOOST_TEST(holds(condition, nullptr));
  condition.expect = current_condition::kind::is_run;
  BOOST_CHECK_THROW((void)holds(condition, nullptr), broken_invariant);
}

BOOST_AUTO_TEST_CASE(what_leaves_a_lane_has_gone) {
  memory::lanes lanes;
  const auto one = std::make_shared<memory::lanes::entry>();
  one->in = {1};
  lanes.enter(one);
  BOOST_CHECK_THROW((void)lanes.leave(one), broken_invariant);
  BOOST_TEST(lanes.make_ready(one).size() == 1U);
  BOOST_CHECK_THROW((void)lanes.make_ready(one), broken_invariant);
  BOOST_TEST(lanes.leave(one).empty());
}

BOOST_AUTO_TEST_CASE(what_is_known_of_a_row_is_not_put_aside) {
  rocks::generation_cache<int> cache(4);
  cache.add("row", 2);
  BOOST_CHECK_THROW(cache.add("row", 1), broken_invariant);
  BOOST_TEST(cache.find("row")->second == 2);
}

BOOST_AUTO_TEST_CASE(a_pending_row_is_of_a_known_kind) {
  std::string key;
  pending_row row;
  row.kind = static_cast<pending_kind>(0);
  BOOST_CHECK_THROW(rocks::put_pending_suffix(key, row), broken_invariant);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
