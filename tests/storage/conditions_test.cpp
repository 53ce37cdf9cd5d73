#include "tests/storage/support.hpp"

#include <atomic>
#include <chrono>
#include <latch>

namespace cadenza::storage::test {

namespace {

using kind = current_condition::kind;

/// Everything a refused transaction must not have done.
void check_nothing_there(store& s, const run_key& run, const std::string& workflow) {
  BOOST_TEST(!read_run(s, run).value.has_value());
  BOOST_TEST(!read_current(s, workflow_of(workflow)).value.has_value());
  BOOST_TEST(read_tree(s, run.run_id).version == 0);
  if (!s.able_to().refused_history_stays)
    BOOST_TEST(read_history(s, {run.run_id, id(77), 0, 1000, 10, 1 << 20, "", false}).rows.empty());
  BOOST_TEST(scan_transfer(s, 0, 1000, 10).rows.empty());
  BOOST_TEST(scan_timers(s, 0, 0, 1'000'000, 10).rows.empty());
  BOOST_TEST(scan_replication(s, 0, 1000, 10).rows.empty());
}

/// A transaction that writes to every table of a shard.
shard_transaction everything(const run_key& run, const std::string& workflow, std::int64_t range_id) {
  auto tx = in_shard(range_id);
  tx.runs.push_back(write_of(run, std::nullopt));
  tx.runs.back().pending.push_back({pending_kind::activity, 5, "", "activity"});
  tx.set_current = current_write{workflow_of(workflow), row_of_current(1)};
  tx.trees.push_back(new_tree(run.run_id, id(77)));
  tx.history.push_back({run.run_id, id(77), 1, 1, "batch"});
  tx.transfer.push_back({10, "transfer"});
  tx.timers.push_back({1000, 11, "timer"});
  tx.replication.push_back({12, "replication"});
  return tx;
}

void put_current(store& s, unsigned run, int state, std::int64_t version) {
  auto tx = in_shard();
  tx.set_current = current_write{workflow_of(), row_of_current(run, state, version)};
  check_committed(commit(s, tx));
}

commit_result try_current(store& s, kind expect, unsigned run, std::int64_t version = 0) {
  auto tx = in_shard();
  tx.current = current_condition{workflow_of(), expect, id(run), version};
  tx.transfer.push_back({99, "marker"});
  return commit(s, tx);
}

} // namespace

BOOST_AUTO_TEST_SUITE(conditions)

STORE_TEST(a_shard_that_nobody_took_refuses_writes) {
  const auto refused = commit(s, everything(run_of(1), "workflow", 1));
  BOOST_TEST(refused.outcome == status::condition_failed);
  BOOST_TEST(refused.failed == condition::shard_range);
  BOOST_TEST(refused.current_value == 0);
  check_nothing_there(s, run_of(1), "workflow");
  BOOST_TEST(commit(s, everything(run_of(1), "workflow", 0)).failed == condition::shard_range);
}

STORE_TEST(a_shard_is_taken_once_per_range_id) {
  check_committed(update_shard(s, 1, 0, 1, "first"));
  const auto again = update_shard(s, 1, 0, 1, "other");
  BOOST_TEST(again.outcome == status::condition_failed);
  BOOST_TEST(again.failed == condition::shard_range);
  BOOST_TEST(again.current_value == 1);
  check_committed(update_shard(s, 1, 1, 2, "second"));
  BOOST_TEST(update_shard(s, 1, 1, 2, "stale").current_value == 2);
  const auto row = wait_for<read_result<std::string>>([&](auto cb) { s.shards().read_shard(1, cb); });
  BOOST_TEST(row.value.value() == "second");
  const auto absent = wait_for<read_result<std::string>>([&](auto cb) { s.shards().read_shard(2, cb); });
  BOOST_TEST(absent.outcome == status::committed);
  BOOST_TEST(!absent.value.has_value());
}

STORE_TEST(a_lost_range_id_fences_every_write_of_the_shard) {
  take_shard(s);
  check_committed(update_shard(s, 1, 1, 7));
  const auto refused = commit(s, everything(run_of(1), "workflow", 1));
  BOOST_TEST(refused.failed == condition::shard_range);
  BOOST_TEST(refused.current_value == 7);
  check_nothing_there(s, run_of(1), "workflow");
  check_committed(commit(s, everything(run_of(1), "workflow", 7)));
}

STORE_TEST(a_higher_range_id_than_the_stored_one_is_refused_as_well) {
  take_shard(s);
  BOOST_TEST(commit(s, everything(run_of(1), "workflow", 2)).failed == condition::shard_range);
}

STORE_TEST(other_shards_are_not_fenced) {
  take_shard(s, 1);
  take_shard(s, 2);
  check_committed(update_shard(s, 2, 1, 5));
  check_committed(commit(s, everything(run_of(1), "workflow", 1)));
}

STORE_TEST(current_run_absent) {
  take_shard(s);
  check_committed(try_current(s, kind::absent, 1));
  put_current(s, 1, 1, 0);
  const auto refused = try_current(s, kind::absent, 1);
  BOOST_TEST(refused.outcome == status::condition_failed);
  BOOST_TEST(refused.failed == condition::current_run);
  BOOST_TEST(refused.current.value() == row_of_current(1, 1, 0));
}

STORE_TEST(current_run_is_run) {
  take_shard(s);
  const auto absent = try_current(s, kind::is_run, 1);
  BOOST_TEST(absent.failed == condition::current_run);
  BOOST_TEST(!absent.current.has_value());
  put_current(s, 1, 1, 0);
  check_committed(try_current(s, kind::is_run, 1));
  BOOST_TEST(try_current(s, kind::is_run, 2).failed == condition::current_run);
}

STORE_TEST(current_run_is_closed_with_its_version) {
  take_shard(s);
  BOOST_TEST(try_current(s, kind::is_run_closed, 1, 5).failed == condition::current_run);
  put_current(s, 1, 1, 5);
  BOOST_TEST(try_current(s, kind::is_run_closed, 1, 5).failed == condition::current_run);
  put_current(s, 1, 2, 5);
  check_committed(try_current(s, kind::is_run_closed, 1, 5));
  BOOST_TEST(try_current(s, kind::is_run_closed, 1, 6).failed == condition::current_run);
  BOOST_TEST(try_current(s, kind::is_run_closed, 2, 5).failed == condition::current_run);
}

STORE_TEST(current_run_is_not_run) {
  take_shard(s);
  check_committed(try_current(s, kind::is_not_run, 1));
  put_current(s, 1, 1, 0);
  BOOST_TEST(try_current(s, kind::is_not_run, 1).failed == condition::current_run);
  check_committed(try_current(s, kind::is_not_run, 2));
}

STORE_TEST(deleting_the_current_run_is_for_that_run_only) {
  take_shard(s);
  put_current(s, 1, 1, 0);
  auto other = in_shard();
  other.delete_current = current_removal{workflow_of(), id(2)};
  check_committed(commit(s, other));
  BOOST_TEST(read_current(s, workflow_of()).value.value() == row_of_current(1, 1, 0));
  auto same = in_shard();
  same.delete_current = current_removal{workflow_of(), id(1)};
  check_committed(commit(s, same));
  BOOST_TEST(!read_current(s, workflow_of()).value.has_value());
  check_committed(try_current(s, kind::absent, 1));
}

STORE_TEST(a_run_is_created_once) {
  take_shard(s);
  auto tx = in_shard();
  tx.runs.push_back(write_of(run_of(1), std::nullopt, "first"));
  check_committed(commit(s, tx));
  tx.runs[0].header = "second";
  tx.transfer.push_back({1, "task"});
  const auto refused = commit(s, tx);
  BOOST_TEST(refused.outcome == status::condition_failed);
  BOOST_TEST(refused.failed == condition::run_version);
  BOOST_TEST(refused.current_value == 1);
  BOOST_TEST(read_run(s, run_of(1)).value->header == "first");
  BOOST_TEST(scan_transfer(s, 0, 100, 10).rows.empty());
}

STORE_TEST(a_run_is_updated_at_its_version_only) {
  take_shard(s);
  auto tx = in_shard();
  tx.runs.push_back(write_of(run_of(1), 3));
  BOOST_TEST(commit(s, tx).failed == condition::run_version);
  auto create = in_shard();
  create.runs.push_back(write_of(run_of(1), std::nullopt, "v1"));
  check_committed(commit(s, create));
  for (std::int64_t version = 1; version < 200; ++version) {
    auto update = in_shard();
    update.runs.push_back(write_of(run_of(1), version, "v" + std::to_string(version + 1)));
    check_committed(commit(s, update));
  }
  auto stale = in_shard();
  stale.runs.push_back(write_of(run_of(1), 199));
  const auto refused = commit(s, stale);
  BOOST_TEST(refused.failed == condition::run_version);
  BOOST_TEST(refused.current_value == 200);
  BOOST_TEST(read_run(s, run_of(1)).value->header == "v200");
}

STORE_TEST(one_failed_run_of_several_stops_all) {
  take_shard(s);
  auto create = in_shard();
  create.runs.push_back(write_of(run_of(1), std::nullopt, "one"));
  check_committed(commit(s, create));
  auto tx = in_shard();
  tx.runs.push_back(write_of(run_of(1), 1, "one again"));
  tx.runs.push_back(write_of(run_of(2), 1, "never"));
  tx.set_current = current_write{workflow_of(), row_of_current(2)};
  BOOST_TEST(commit(s, tx).failed == condition::run_version);
  BOOST_TEST(read_run(s, run_of(1)).value->header == "one");
  BOOST_TEST(!read_run(s, run_of(2)).value.has_value());
  BOOST_TEST(!read_current(s, workflow_of()).value.has_value());
}

STORE_TEST(a_history_tree_is_changed_at_its_version_only) {
  take_shard(s);
  const auto tree = id(70);
  const auto change = [&](tree_write what) {
    auto tx = in_shard();
    tx.trees.push_back(std::move(what));
    tx.transfer.push_back({99, "marker"});
    return commit(s, tx);
  };
  const auto grown = [&](std::int64_t version, unsigned branch) {
    auto out = tree_at(tree, version);
    out.put.push_back({tree, id(branch), "row"});
    return out;
  };
  check_committed(change(new_tree(id(69), id(1)))); // trees beside it
  check_committed(change(new_tree(id(71), id(9))));
  const auto absent = change(grown(1, 2));
  BOOST_TEST(absent.outcome == status::condition_failed);
  BOOST_TEST(absent.failed == condition::tree_version);
  BOOST_TEST(absent.current_value == 0);
  check_committed(change(grown(0, 1)));
  const auto late = change(grown(0, 2));
  BOOST_TEST(late.failed == condition::tree_version);
  BOOST_TEST(late.current_value == 1);
  check_committed(change(grown(1, 2)));
  check_committed(change(grown(2, 3)));
  BOOST_TEST(change(grown(2, 4)).failed == condition::tree_version);
  BOOST_TEST(read_tree(s, tree).version == 3);
  BOOST_TEST(read_tree(s, tree).branches.size() == 3U);

  auto remove = tree_at(tree, 3);
  remove.drop = {id(1), id(8)};
  check_committed(change(remove));
  BOOST_TEST(change(remove).failed == condition::tree_version);
  BOOST_TEST(read_tree(s, tree).branches.size() == 2U);
  auto end = tree_at(tree, 4);
  end.drop = {id(2), id(3)};
  end.ends = true;
  check_committed(change(end));
  BOOST_TEST(read_tree(s, tree).version == 0);
  BOOST_TEST(read_tree(s, tree).branches.empty());
  BOOST_TEST(change(end).failed == condition::tree_version);
  BOOST_TEST(read_tree(s, id(69)).branches.size() == 1U);
  BOOST_TEST(read_tree(s, id(71)).branches.size() == 1U);
}

// Transactions that come together: the second sees what the first has done to the tree.
STORE_TEST(who_shares_a_history_and_who_removes_it_do_not_miss_one_another) {
  take_shard(s);
  const auto send = [](store& to, shard_transaction tx) {
    auto promise = std::make_shared<std::promise<commit_result>>();
    auto answer = promise->get_future();
    to.shards().commit(std::move(tx), [promise](commit_result result) { promise->set_value(std::move(result)); });
    return answer;
  };
  for (int round = 1; round <= 50; ++round) {
    const auto tree = id(100 + round);
    auto base = in_shard();
    base.trees.push_back(new_tree(tree, id(1)));
    base.history.push_back({tree, id(1), 1, 1, "events"});
    check_committed(commit(s, base));
    auto share = in_shard();
    share.delete_runs.push_back(run_of(1)); // both of one workflow id: they stay in order
    share.trees.push_back(tree_at(tree, 1));
    share.trees[0].put.push_back({tree, id(2), "row"});
    share.history.push_back({tree, id(2), 2, 2, "events"});
    auto remove = in_shard();
    remove.delete_runs.push_back(run_of(1));
    remove.trees.push_back(tree_at(tree, 1));
    remove.trees[0].drop.push_back(id(1));
    remove.trees[0].ends = true;
    const bool share_first = round % 2 == 0;
    auto first = send(s, share_first ? share : remove);
    auto second = send(s, share_first ? remove : share);
    check_committed(first.get());
    BOOST_TEST(second.get().failed == condition::tree_version);
    BOOST_TEST(read_tree(s, tree).branches.size() == (share_first ? 2U : 0U));
  }
}

STORE_TEST(history_is_dropped_by_the_owner_of_the_shard_only) {
  take_shard(s);
  auto tx = in_shard();
  tx.history.push_back({id(1), id(2), 1, 1, "events"});
  check_committed(commit(s, tx));
  const auto drop = [&](std::int64_t range_id) {
    return wait_for<commit_result>([&](auto cb) {
      s.shards().drop_history({1, range_id, {{id(1), id(2), 0, 9}}}, cb);
    });
  };
  BOOST_TEST(drop(2).failed == condition::shard_range);
  BOOST_TEST(read_history(s, {id(1), id(2), 0, 9, 10, 1 << 20, "", false}).rows.size() == 1U);
  check_committed(drop(1));
  check_committed(drop(1));
  BOOST_TEST(read_history(s, {id(1), id(2), 0, 9, 10, 1 << 20, "", false}).rows.empty());
}

// What a store may do that says so, and no more than that.
STORE_TEST(of_a_refused_transaction_only_history_may_stay_and_a_later_one_wins) {
  take_shard(s);
  auto create = in_shard();
  create.runs.push_back(write_of(run_of(1), std::nullopt, "first"));
  create.history.push_back({id(1), id(2), 1, 10, "events 1"});
  check_committed(commit(s, create));
  auto refused = in_shard();
  refused.runs.push_back(write_of(run_of(1), 7, "never"));
  refused.history.push_back({id(1), id(2), 2, 11, "never"});
  refused.transfer.push_back({11, "never"});
  BOOST_TEST(commit(s, refused).failed == condition::run_version);
  BOOST_TEST(read_run(s, run_of(1)).value->header == "first");
  BOOST_TEST(scan_transfer(s, 0, 100, 10).rows.empty());
  auto next = in_shard();
  next.runs.push_back(write_of(run_of(1), 1, "second"));
  next.history.push_back({id(1), id(2), 2, 12, "events 2"});
  check_committed(commit(s, next));
  const auto nodes = read_history(s, {id(1), id(2), 0, 9, 10, 1 << 20, "", false}).rows;
  BOOST_TEST(nodes.size() == (s.able_to().refused_history_stays ? 3U : 2U));
  BOOST_TEST(nodes.at(0).batch == "events 1");
  BOOST_TEST(nodes.at(1).batch == "events 2");
}

STORE_TEST(the_first_condition_of_the_order_is_told) {
  take_shard(s);
  put_current(s, 1, 1, 0);
  auto tx = everything(run_of(1), "workflow", 9);
  tx.current = current_condition{workflow_of(), kind::absent, {}, 0};
  tx.runs.push_back(write_of(run_of(2), 4));
  BOOST_TEST(commit(s, tx).failed == condition::shard_range);
  tx.range_id = 1;
  BOOST_TEST(commit(s, tx).failed == condition::current_run);
  tx.current.reset();
  BOOST_TEST(commit(s, tx).failed == condition::run_version);
}

STORE_TEST(a_deleted_run_may_be_created_again) {
  take_shard(s);
  check_committed(commit(s, everything(run_of(1), "workflow", 1)));
  auto remove = in_shard();
  remove.delete_runs.push_back(run_of(1));
  check_committed(commit(s, remove));
  check_committed(commit(s, remove));
  BOOST_TEST(!read_run(s, run_of(1)).value.has_value());
  auto create = in_shard();
  create.runs.push_back(write_of(run_of(1), std::nullopt, "again"));
  check_committed(commit(s, create));
  const auto rows = read_run(s, run_of(1)).value.value();
  BOOST_TEST(rows.header == "again");
  BOOST_TEST(rows.pending.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
