#include "tests/storage/support.hpp"

#include <cstdint>

namespace cadenza::storage::test {

namespace {

template <class Rows> std::string ids_of(const Rows& rows) {
  std::string text;
  for (const auto& row : rows)
    text += (text.empty() ? "" : " ") + std::to_string(row.task_id);
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(scans)

STORE_TEST(transfer_tasks_are_scanned_by_id) {
  take_shard(s, 1);
  take_shard(s, 2);
  auto tx = in_shard();
  for (const std::int64_t id : {300, 2, 1, 70'000, 5})
    tx.transfer.push_back({id, "t" + std::to_string(id)});
  check_committed(commit(s, tx));
  auto other = in_shard(1, 2);
  other.transfer.push_back({4, "other shard"});
  check_committed(commit(s, other));

  const auto all = scan_transfer(s, 0, INT64_MAX, 100);
  BOOST_TEST(ids_of(all.rows) == "1 2 5 300 70000");
  BOOST_TEST(all.rows[3].value == "t300");
  BOOST_TEST(all.next.empty());
  BOOST_TEST(ids_of(scan_transfer(s, 1, 300, 100).rows) == "2 5 300");
  BOOST_TEST(scan_transfer(s, 300, 300, 100).rows.empty());
  BOOST_TEST(scan_transfer(s, 70'000, INT64_MAX, 100).rows.empty());
  const auto part = scan_transfer(s, 0, INT64_MAX, 2);
  BOOST_TEST(ids_of(part.rows) == "1 2");
  BOOST_TEST(!part.next.empty());
  BOOST_TEST(scan_transfer(s, 0, 5, 3).next.empty());
}

STORE_TEST(replication_tasks_are_scanned_by_id) {
  take_shard(s);
  auto tx = in_shard();
  for (const std::int64_t id : {9, 8, 1000})
    tx.replication.push_back({id, "r"});
  check_committed(commit(s, tx));
  BOOST_TEST(ids_of(scan_replication(s, 0, INT64_MAX, 100).rows) == "8 9 1000");
  BOOST_TEST(ids_of(scan_replication(s, 8, 9, 100).rows) == "9");
  BOOST_TEST(!scan_replication(s, 0, 1000, 1).next.empty());
}

STORE_TEST(timers_are_scanned_by_time_and_id) {
  take_shard(s);
  auto tx = in_shard();
  tx.timers = {{2'000'000, 7, "c"}, {1'000'000, 9, "b"}, {1'000'000, 3, "a"}, {5'000'000'000, 1, "d"}};
  check_committed(commit(s, tx));
  const auto all = scan_timers(s, 0, 0, INT64_MAX, 100);
  BOOST_TEST(ids_of(all.rows) == "3 9 7 1");
  BOOST_TEST(all.rows[2].fire_ns == 2'000'000);
  BOOST_TEST(all.rows[2].value == "c");
  BOOST_TEST(ids_of(scan_timers(s, 1'000'000, 4, INT64_MAX, 100).rows) == "9 7 1");
  BOOST_TEST(ids_of(scan_timers(s, 1'000'000, 9, 2'000'000, 100).rows) == "9");
  BOOST_TEST(ids_of(scan_timers(s, 0, 0, 2'000'000, 100).rows) == "3 9");
  const auto part = scan_timers(s, 0, 0, INT64_MAX, 3);
  BOOST_TEST(ids_of(part.rows) == "3 9 7");
  BOOST_TEST(!part.next.empty());
  BOOST_TEST(scan_timers(s, 0, 0, INT64_MAX, 4).next.empty());
}

STORE_TEST(single_tasks_are_deleted) {
  take_shard(s);
  auto tx = in_shard();
  tx.transfer = {{1, "a"}, {2, "b"}, {3, "c"}};
  tx.timers = {{1000, 1, "a"}, {1000, 2, "b"}};
  check_committed(commit(s, tx));
  auto remove = in_shard();
  remove.delete_transfer = {2, 99};
  remove.delete_timers = {{1000, 1, ""}, {2000, 1, ""}};
  check_committed(commit(s, remove));
  BOOST_TEST(ids_of(scan_transfer(s, 0, 100, 10).rows) == "1 3");
  BOOST_TEST(ids_of(scan_timers(s, 0, 0, 5000, 10).rows) == "2");
}

STORE_TEST(a_single_replication_task_is_deleted) {
  take_shard(s);
  auto tx = in_shard();
  tx.replication = {{1, "a"}, {2, "b"}};
  check_committed(commit(s, tx));
  auto remove = in_shard();
  remove.delete_replication = {1, 7};
  check_committed(commit(s, remove));
  BOOST_TEST(ids_of(scan_replication(s, 0, 100, 10).rows) == "2");
}

namespace {

/// All rows of a scan, in pages of so many.
template <class Row, class Scan> std::vector<Row> all_of(Scan scan, int size) {
  std::vector<Row> found;
  std::string token;
  do {
    auto part = wait_for<page<Row>>([&](auto cb) { scan(token, size, std::move(cb)); });
    BOOST_TEST_REQUIRE(part.outcome == status::committed, part.message);
    BOOST_TEST_REQUIRE(part.rows.size() <= static_cast<std::size_t>(size));
    for (auto& row : part.rows)
      found.push_back(std::move(row));
    token = part.next;
  } while (!token.empty());
  return found;
}

} // namespace

STORE_TEST(current_runs_are_scanned_in_key_order_with_page_tokens) {
  take_shard(s, 1);
  take_shard(s, 2);
  const std::vector<std::string> names{"", std::string("a\0b", 3), "a", "a1", "\xff"};
  std::vector<std::string> expected;
  for (const auto& name : names) {
    auto tx = in_shard();
    tx.set_current = current_write{workflow_of(name), row_of_current(1)};
    check_committed(commit(s, tx));
    expected.push_back(name);
  }
  auto other = in_shard(1, 2);
  other.set_current = current_write{workflow_of("elsewhere"), row_of_current(1)};
  check_committed(commit(s, other));
  std::sort(expected.begin(), expected.end());

  using row = std::pair<workflow_key, current_row>;
  for (const int size : {1, 2, 5, 100}) {
    std::vector<std::string> found;
    for (const auto& [key, value] :
         all_of<row>([&](auto token, int n, auto cb) { s.shards().scan_current(1, token, n, std::move(cb)); }, size)) {
      found.push_back(key.workflow_id);
      BOOST_TEST((key.domain_id == workflow_of().domain_id));
      BOOST_TEST(value == row_of_current(1));
    }
    BOOST_TEST(found == expected, boost::test_tools::per_element());
  }
}

STORE_TEST(branches_are_scanned_once_each_and_their_rows_by_themselves) {
  take_shard(s, 1);
  take_shard(s, 2);
  auto tx = in_shard();
  for (unsigned tree = 1; tree <= 3; ++tree) {
    auto& made = tx.trees.emplace_back(new_tree(id(tree), id(1), std::to_string(tree) + "/1"));
    made.put.push_back({id(tree), id(2), std::to_string(tree) + "/2"});
    for (unsigned branch = 1; branch <= 2; ++branch)
      for (const int first : {1, 4, 9})
        tx.history.push_back({id(tree), id(branch), first, 10, "batch"});
  }
  tx.trees.push_back(new_tree(id(8), id(1), "no nodes yet"));
  check_committed(commit(s, tx));
  auto other = in_shard(1, 2);
  other.trees.push_back(new_tree(id(9), id(9), "elsewhere"));
  other.history.push_back({id(9), id(9), 1, 10, "batch"});
  check_committed(commit(s, other));
  check_committed(drop_history(s, id(2), id(1), 0, INT64_MAX));
  auto remove = in_shard();
  remove.trees.push_back(tree_at(id(3), 1));
  remove.trees[0].drop.push_back(id(2));
  check_committed(commit(s, remove));

  for (const int size : {1, 2, 4, 100}) {
    const auto nodes = all_of<std::pair<uuid, uuid>>(
        [&](auto token, int n, auto cb) { s.shards().scan_branches(1, token, n, std::move(cb)); }, size);
    std::vector<std::pair<uuid, uuid>> expected{
        {id(1), id(1)}, {id(1), id(2)}, {id(2), id(2)}, {id(3), id(1)}, {id(3), id(2)}};
    BOOST_TEST((nodes == expected));
    std::string rows;
    for (const auto& row : all_of<branch_row>(
             [&](auto token, int n, auto cb) { s.shards().scan_trees(1, token, n, std::move(cb)); }, size))
      rows += row.value + (row.tree_id == id(8) ? "" : " ");
    BOOST_TEST(rows == "1/1 1/2 2/1 2/2 3/1 no nodes yet");
  }
}

STORE_TEST(cleanup_drops_what_is_done_and_nothing_else) {
  take_shard(s, 1);
  take_shard(s, 2);
  for (const int shard : {1, 2}) {
    auto tx = in_shard(1, shard);
    for (int i = 1; i <= 20; ++i) {
      tx.transfer.push_back({i, "t"});
      tx.timers.push_back({i * 1000, i, "t"});
      tx.replication.push_back({i, "r"});
    }
    check_committed(commit(s, tx));
  }
  check_committed(cleanup(s, {1, 5, 6000, 7, {}, {}}));
  BOOST_TEST(scan_transfer(s, 0, 100, 100).rows.front().task_id == 6);
  BOOST_TEST(scan_timers(s, 0, 0, 100'000, 100).rows.front().task_id == 6);
  BOOST_TEST(scan_replication(s, 0, 100, 100).rows.front().task_id == 8);
  BOOST_TEST(scan_transfer(s, 0, 100, 100, 2).rows.size() == 20U);

  check_committed(cleanup(s, {1, 10, 3000, 7, {}, {}}));
  BOOST_TEST(scan_transfer(s, 0, 100, 100).rows.size() == 10U);
  BOOST_TEST(scan_timers(s, 0, 0, 100'000, 100).rows.size() == 15U);

  // A task may still come below what was dropped before; the next clean-up takes it along.
  auto late = in_shard();
  late.transfer = {{3, "late"}};
  late.timers = {{2000, 30, "late"}};
  check_committed(commit(s, late));
  BOOST_TEST(scan_transfer(s, 0, 100, 100).rows.front().task_id == 3);
  BOOST_TEST(scan_timers(s, 0, 0, 100'000, 100).rows.front().task_id == 30);
  check_committed(cleanup(s, {1, 10, 6000, 0, {}, {}}));
  BOOST_TEST(scan_transfer(s, 0, 100, 100).rows.front().task_id == 11);
  BOOST_TEST(scan_timers(s, 0, 0, 100'000, 100).rows.front().task_id == 6);
  BOOST_TEST(scan_replication(s, 0, 100, 100).rows.size() == 13U);
}

STORE_TEST(runs_are_scanned_in_key_order_with_page_tokens) {
  take_shard(s, 1);
  take_shard(s, 2);
  std::vector<run_key> expected;
  auto tx = in_shard();
  for (const auto* workflow : {"", "a", "a1", "b"})
    for (unsigned n = 1; n <= 5; ++n) {
      auto& run = tx.runs.emplace_back(write_of(run_of(n, workflow), std::nullopt, workflow + std::to_string(n)));
      for (int i = 0; i < 3; ++i)
        run.pending.push_back({pending_kind::activity, i, "", "a"});
      expected.push_back(run.key);
    }
  check_committed(commit(s, tx));
  auto other = in_shard(1, 2);
  other.runs.push_back(write_of(run_of(50), std::nullopt));
  check_committed(commit(s, other));
  std::sort(expected.begin(), expected.end());

  for (const int size : {1, 3, 20, 100}) {
    std::vector<run_key> found;
    std::string token;
    do {
      auto part =
          wait_for<page<std::pair<run_key, run_rows>>>([&](auto cb) { s.shards().scan_runs(1, token, size, cb); });
      BOOST_TEST_REQUIRE(part.outcome == status::committed, part.message);
      BOOST_TEST_REQUIRE(part.rows.size() <= static_cast<std::size_t>(size));
      for (const auto& [key, rows] : part.rows) {
        found.push_back(key);
        BOOST_TEST(rows.header.starts_with(key.workflow_id));
        BOOST_TEST(rows.fixed == "fixed");
        BOOST_TEST(rows.pending.empty());
      }
      token = part.next;
    } while (!token.empty());
    BOOST_TEST((found == expected));
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
