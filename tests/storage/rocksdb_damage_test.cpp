#include "tests/storage/damaged_files.hpp"

/// What is left of a queue when blocks of its tables cannot be read.
namespace cadenza::storage::test {

namespace {

constexpr int block_rows = 8192 / static_cast<int>(row_bytes) + 10; ///< of one block, generously

bool within(const std::vector<unreadable_range>& ranges, std::int64_t number) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const auto& r) { return r.first <= number && number <= r.last; });
}

/// Every row is there or in a range that says it is not; nothing is left out for long.
template <class Row> void check_rest(const page<Row>& read, std::size_t blocks) {
  BOOST_TEST(read.outcome == status::corrupted);
  BOOST_TEST(read.usable());
  BOOST_TEST_REQUIRE(read.unreadable.size() == blocks);
  BOOST_TEST(read.unreadable.front().why.find(".sst") != std::string::npos, read.unreadable.front().why);
  const auto there = ids_of(read.rows);
  for (const auto& r : read.unreadable)
    BOOST_TEST_MESSAGE("    " << r.first << " to " << r.last << ": " << r.why);
  int lost = 0;
  for (int i = 1; i <= rows; ++i) {
    if (there.contains(i))
      continue;
    ++lost;
    BOOST_TEST_REQUIRE(within(read.unreadable, i), i);
  }
  BOOST_TEST(lost > 0);
  BOOST_TEST(lost <= static_cast<int>(blocks) * block_rows);
  BOOST_TEST(there.contains(1));
  BOOST_TEST(there.contains(rows));
}

} // namespace

BOOST_AUTO_TEST_SUITE(rocksdb_damage)

BOOST_AUTO_TEST_CASE(the_rest_of_a_transfer_queue_is_read_around_damaged_blocks) {
  const temporary_directory directory;
  const auto path = directory / "store";
  {
    const auto s = open_store(path);
    take_shard(*s);
    put_transfer(*s, 1, rows);
    flush(*s, directory);
  }
  const auto files = files_of(path, rocks::table::transfer);
  BOOST_TEST_REQUIRE(files.size() == 1U);
  damage(files[0], 0.3);
  damage(files[0], 0.7);
  const auto s = open_store(path);
  check_rest(scan_transfer(*s, 0, INT64_MAX, 10'000), 2);
  BOOST_TEST(scan_transfer(*s, 0, 100, 10'000).outcome == status::committed); // in front of the damage

  // By pages: the same rows, each once.
  std::set<std::int64_t> paged;
  std::int64_t after = 0;
  for (bool more = true; more;) {
    const auto part = scan_transfer(*s, after, INT64_MAX, 37);
    BOOST_TEST_REQUIRE(part.usable());
    for (const auto& row : part.rows)
      BOOST_TEST_REQUIRE(paged.insert(row.task_id).second);
    more = !part.next.empty();
    if (more)
      after = part.rows.back().task_id;
  }
  BOOST_TEST((paged == ids_of(scan_transfer(*s, 0, INT64_MAX, 10'000).rows)));

  // A single task inside is told as lost, and not as one that is not there.
  const auto whole = scan_transfer(*s, 0, INT64_MAX, 10'000);
  std::int64_t lost = whole.unreadable.front().first;
  while (ids_of(whole.rows).contains(lost))
    ++lost;
  const auto one = scan_transfer(*s, lost - 1, lost, 1);
  BOOST_TEST(one.outcome == status::corrupted);
  BOOST_TEST(one.rows.empty());
  BOOST_TEST_REQUIRE(one.unreadable.size() == 1U);
  BOOST_TEST(one.unreadable.front().first == lost);
  BOOST_TEST(one.unreadable.front().last == lost);
}

BOOST_AUTO_TEST_CASE(damage_at_either_end_of_a_queue_leaves_the_rest) {
  for (const double part : {0.0, 0.97}) {
    const temporary_directory directory;
    const auto path = directory / "store";
    {
      const auto s = open_store(path);
      take_shard(*s);
      put_transfer(*s, 1, rows);
      flush(*s, directory);
    }
    damage(files_of(path, rocks::table::transfer).at(0), part);
    const auto s = open_store(path);
    const auto read = scan_transfer(*s, 0, INT64_MAX, 10'000);
    BOOST_TEST(read.outcome == status::corrupted);
    BOOST_TEST_REQUIRE(read.unreadable.size() == 1U);
    BOOST_TEST(static_cast<int>(read.rows.size()) >= rows - block_rows);
    BOOST_TEST(static_cast<int>(read.rows.size()) < rows);
    // What comes later is not lost with it.
    put_transfer(*s, rows + 1, rows + 10);
    BOOST_TEST(ids_of(scan_transfer(*s, 0, INT64_MAX, 10'000).rows).contains(rows + 10));
  }
}

BOOST_AUTO_TEST_CASE(timers_written_into_the_times_of_a_damaged_block_are_read) {
  const temporary_directory directory;
  const auto path = directory / "store";
  constexpr std::int64_t step = 1'000'000'000;
  {
    const auto s = open_store(path);
    take_shard(*s);
    auto tx = in_shard();
    for (int i = 1; i <= rows; ++i)
      tx.timers.push_back({i * step, i, noise(static_cast<unsigned>(i))});
    check_committed(commit(*s, std::move(tx)));
    flush(*s, directory);
  }
  damage(files_of(path, rocks::table::timers).at(0), 0.5);
  const auto s = open_store(path);
  const auto before = scan_timers(*s, 0, 0, INT64_MAX, 10'000);
  BOOST_TEST(before.outcome == status::corrupted);
  BOOST_TEST_REQUIRE(before.unreadable.size() == 1U);
  const auto lost = before.unreadable.front();
  BOOST_TEST(lost.first % step == 0); // fire times, not ids

  auto tx = in_shard();
  const auto between = (lost.first + lost.last) / 2 / step * step + 1;
  tx.timers.push_back({between, 70'000, noise(70'000)});
  check_committed(commit(*s, std::move(tx)));
  const auto in_memory = scan_timers(*s, 0, 0, INT64_MAX, 10'000);
  BOOST_TEST(ids_of(in_memory.rows).contains(70'000));
  flush(*s, directory);
  const auto on_disk = scan_timers(*s, 0, 0, INT64_MAX, 10'000);
  BOOST_TEST(ids_of(on_disk.rows).contains(70'000));
  BOOST_TEST(on_disk.rows.size() == before.rows.size() + 1);
  BOOST_TEST(std::is_sorted(on_disk.rows.begin(), on_disk.rows.end(),
                            [](const auto& a, const auto& b) { return a.fire_ns < b.fire_ns; }));
}

BOOST_AUTO_TEST_CASE(the_rest_of_a_backlog_is_read_around_a_damaged_block) {
  const temporary_directory directory;
  const auto path = directory / "store";
  const task_list_key key{id(1), "a list with a name that is longer than a block of a key would be", 0};
  {
    const auto s = open_store(path);
    task_list_transaction tx;
    tx.key = key;
    tx.new_range_id = 1;
    tx.row = "row";
    for (int i = 1; i <= rows; ++i)
      tx.append.push_back({i, noise(static_cast<unsigned>(i))});
    check_committed(commit(*s, std::move(tx)));
    flush(*s, directory);
  }
  damage(files_of(path, rocks::table::tasks).at(0), 0.5);
  const auto s = open_store(path);
  const auto read = wait_for<page<backlog_row>>(
      [&](auto cb) { s->task_lists().scan_tasks(key, 0, INT64_MAX, 10'000, std::move(cb)); });
  check_rest(read, 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(what_cannot_be_read_is_kept)

STORE_TEST(a_clean_up_leaves_what_it_is_told_to_keep) {
  take_shard(s);
  auto tx = in_shard();
  for (int i = 1; i <= 10; ++i) {
    tx.transfer.push_back({i, noise(static_cast<unsigned>(i))});
    tx.timers.push_back({i * 100, i, noise(static_cast<unsigned>(i))});
  }
  check_committed(commit(s, std::move(tx)));
  shard_cleanup what;
  what.shard = 1;
  what.transfer_up_to = 8;
  what.timers_before_ns = 850;
  what.keep_transfer = {{3, 4, ""}, {6, 6, ""}};
  what.keep_timers = {{300, 450, ""}};
  for (int round = 0; round < 2; ++round) { // the second finds nothing more
    check_committed(cleanup(s, what));
    BOOST_TEST((ids_of(scan_transfer(s, 0, INT64_MAX, 100).rows) == std::set<std::int64_t>{3, 4, 6, 9, 10}));
    BOOST_TEST((ids_of(scan_timers(s, 0, 0, INT64_MAX, 100).rows) == std::set<std::int64_t>{3, 4, 9, 10}));
  }
  what.transfer_up_to = 9;
  what.timers_before_ns = 950;
  check_committed(cleanup(s, what));
  BOOST_TEST((ids_of(scan_transfer(s, 0, INT64_MAX, 100).rows) == std::set<std::int64_t>{3, 4, 6, 10}));
  BOOST_TEST((ids_of(scan_timers(s, 0, 0, INT64_MAX, 100).rows) == std::set<std::int64_t>{3, 4, 10}));
}

STORE_TEST(a_task_list_leaves_what_it_is_told_to_keep) {
  const task_list_key key{id(1), "list", 0};
  task_list_transaction tx;
  tx.key = key;
  tx.new_range_id = 1;
  tx.row = "row";
  for (int i = 1; i <= 10; ++i)
    tx.append.push_back({i, noise(static_cast<unsigned>(i))});
  check_committed(commit(s, std::move(tx)));
  for (const std::int64_t up_to : {7, 8}) {
    tx = {};
    tx.key = key;
    tx.expected_range_id = tx.new_range_id = 1;
    tx.delete_up_to = up_to;
    tx.keep = {{2, 3, ""}};
    check_committed(commit(s, std::move(tx)));
  }
  const auto left =
      wait_for<page<backlog_row>>([&](auto cb) { s.task_lists().scan_tasks(key, 0, INT64_MAX, 100, std::move(cb)); });
  BOOST_TEST((ids_of(left.rows) == std::set<std::int64_t>{2, 3, 9, 10}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
