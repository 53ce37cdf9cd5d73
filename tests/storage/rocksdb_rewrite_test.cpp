#include "storage/file_check.hpp"
#include "tests/storage/damaged_files.hpp"

/// Queues with damaged files, written anew with what is left of them.
namespace cadenza::storage::test {

namespace {

std::vector<file_check::rewritten_queue> rewrite(store& s) {
  auto done = s.files()->rewrite_damaged_queues();
  BOOST_TEST_REQUIRE(static_cast<bool>(done));
  return *std::move(done);
}

/// Transfer tasks in two files, of which the first is damaged in the middle.
void damage_a_queue(const temporary_directory& in, const std::string& path) {
  {
    const auto s = open_store(path);
    take_shard(*s);
    put_transfer(*s, 1, rows);
    flush(*s, in);
  }
  damage(files_of(path, rocks::table::transfer).at(0), 0.5);
}

} // namespace

BOOST_AUTO_TEST_SUITE(rocksdb_rewrite)

BOOST_AUTO_TEST_CASE(a_damaged_queue_is_written_anew_with_all_that_could_be_read) {
  const temporary_directory directory;
  const auto path = directory / "store";
  damage_a_queue(directory, path);
  std::set<std::int64_t> left;
  {
    const auto s = open_store(path);
    left = ids_of(scan_transfer(*s, 0, INT64_MAX, 10'000).rows);
    BOOST_TEST(left.size() < static_cast<std::size_t>(rows));
    const auto done = rewrite(*s);
    BOOST_TEST_REQUIRE(done.size() == 1U);
    BOOST_TEST(done[0].written);
    BOOST_TEST(done[0].transfer);
    BOOST_TEST(done[0].text.find("table transfer had damaged files and was rewritten with the " +
                                 std::to_string(left.size()) + " rows") == 0U,
               done[0].text);
    BOOST_TEST(s->files()->unreadable_files({}).empty());
    const auto after = scan_transfer(*s, 0, INT64_MAX, 10'000);
    BOOST_TEST(after.outcome == status::committed);
    BOOST_TEST((ids_of(after.rows) == left));
    BOOST_TEST(rewrite(*s).empty()); // nothing is damaged any more
    put_transfer(*s, rows + 1, rows + 5);
  }
  const auto s = open_store(path);
  left.merge(std::set<std::int64_t>{rows + 1, rows + 2, rows + 3, rows + 4, rows + 5});
  BOOST_TEST((ids_of(scan_transfer(*s, 0, INT64_MAX, 10'000).rows) == left));
}

BOOST_AUTO_TEST_CASE(backlogs_are_written_anew_list_by_list) {
  const temporary_directory directory;
  const auto path = directory / "store";
  const auto list = [](int which) {
    return task_list_key{id(1), "a list with a name that is longer than a part of a key " + std::to_string(which), 0};
  };
  const auto backlog = [&](store& s, int which) {
    return wait_for<page<backlog_row>>(
        [&](auto cb) { s.task_lists().scan_tasks(list(which), 0, INT64_MAX, 10'000, std::move(cb)); });
  };
  {
    const auto s = open_store(path);
    for (int which = 0; which < 3; ++which) {
      task_list_transaction tx;
      tx.key = list(which);
      tx.new_range_id = 1;
      tx.row = "row";
      for (int i = 1; i <= rows; ++i)
        tx.append.push_back({i, noise(static_cast<unsigned>(i))});
      check_committed(commit(*s, std::move(tx)));
    }
    flush(*s, directory);
  }
  damage(files_of(path, rocks::table::tasks).at(0), 0.5);
  const auto s = open_store(path);
  const auto left = ids_of(backlog(*s, 1).rows);
  BOOST_TEST(left.size() < static_cast<std::size_t>(rows));
  const auto done = rewrite(*s);
  BOOST_TEST_REQUIRE(done.size() == 1U);
  BOOST_TEST(done[0].written);
  BOOST_TEST(!done[0].transfer);
  BOOST_TEST(s->files()->unreadable_files({}).empty());
  BOOST_TEST(backlog(*s, 0).rows.size() == static_cast<std::size_t>(rows));
  BOOST_TEST(backlog(*s, 2).rows.size() == static_cast<std::size_t>(rows));
  BOOST_TEST(backlog(*s, 1).outcome == status::committed);
  BOOST_TEST((ids_of(backlog(*s, 1).rows) == left));
}

BOOST_AUTO_TEST_CASE(what_is_no_queue_stays_as_it_is) {
  const temporary_directory directory;
  const auto path = directory / "store";
  {
    const auto s = open_store(path);
    take_shard(*s);
    auto tx = in_shard();
    tx.runs.push_back(write_of(run_of(1), std::nullopt, noise(1)));
    check_committed(commit(*s, std::move(tx)));
    flush(*s, directory);
  }
  damage(files_of(path, rocks::table::runs).at(0), 0.0);
  const auto s = open_store(path);
  BOOST_TEST(s->files()->unreadable_files({}).size() == 1U);
  BOOST_TEST(rewrite(*s).empty());
  BOOST_TEST(s->files()->unreadable_files({}).size() == 1U);
}

/// What a crash leaves once all rows are copied: the table may be as it was, gone, or written in part.
BOOST_AUTO_TEST_CASE(the_next_opening_ends_a_rewriting_that_was_interrupted) {
  for (const bool table_is_there : {true, false}) {
    const temporary_directory directory;
    const auto path = directory / "store";
    damage_a_queue(directory, path);
    {
      raw_database db(path, true);
      const auto write = [&](const std::string& key, const std::string& value) {
        BOOST_TEST_REQUIRE(db->Put({}, db[rocksdb::kDefaultColumnFamilyName], key, value).ok());
      };
      std::string key("\x80\0\0\1\x80\0\0\0\0\0\0\x07", 12); // shard 1, task 7
      write("rewritten:" + key, noise(7));
      write("rewrite", "transfer");
      if (!table_is_there)
        BOOST_TEST_REQUIRE(db->DropColumnFamily(db["transfer"]).ok());
    }
    for (int round = 0; round < 2; ++round) {
      const auto s = open_store(path);
      BOOST_TEST(s->files()->unreadable_files({}).empty());
      BOOST_TEST((ids_of(scan_transfer(*s, 0, INT64_MAX, 10'000).rows) == std::set<std::int64_t>{7}));
    }
    raw_database db(path);
    for (const auto* const gone : {"rewrite", "rewritten:\x80"}) {
      std::unique_ptr<rocksdb::Iterator> rest(db->NewIterator({}, db[rocksdb::kDefaultColumnFamilyName]));
      rest->Seek(gone);
      BOOST_TEST((!rest->Valid() || !rest->key().starts_with("rewrit")));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
