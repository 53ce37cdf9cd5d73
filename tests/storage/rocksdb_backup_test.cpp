#include "storage/backups.hpp"

#include "tests/storage/support.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

namespace cadenza::storage::test {

namespace {

namespace fs = std::filesystem;

commit_result put_run(store& s, unsigned n) {
  auto tx = in_shard();
  tx.runs.push_back(write_of(run_of(n), std::nullopt, std::to_string(n)));
  tx.history.push_back({id(n), id(n), 1, 1, std::string(500, 'h')});
  return commit(s, std::move(tx));
}

bool has_run(store& s, unsigned n) {
  const auto read = read_run(s, run_of(n));
  if (read.outcome != status::committed || !read.value)
    return false;
  history_query query;
  query.tree_id = id(n);
  query.branch_id = id(n);
  query.to = 100;
  return read.value->header == std::to_string(n) && read_history(s, query).rows.size() == 1;
}

} // namespace

BOOST_AUTO_TEST_SUITE(rocksdb_backup)

BOOST_AUTO_TEST_CASE(of_several_at_once_one_is_taken_and_what_is_told_is_there) {
  const temporary_directory directory;
  const auto s = open_store(directory / "store");
  take_shard(*s);
  unsigned next = 1;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 50; ++i)
      check_committed(put_run(*s, next++));
    std::vector<outcome<backup_info>> told(6, error(error_kind::unknown, "not asked"));
    std::vector<std::thread> callers;
    for (auto& mine : told)
      callers.emplace_back([&] { mine = s->backups()->create_backup(directory / "backups"); });
    for (auto& one : callers)
      one.join();
    std::set<std::uint32_t> ids;
    for (const auto& one : told) {
      if (one)
        BOOST_TEST(ids.insert(one->id).second, "backup " << one->id << " was told twice");
      else
        BOOST_TEST((one.error().kind == error_kind::service_busy), one.error().message);
    }
    BOOST_TEST(!ids.empty());
    for (const auto id : ids)
      BOOST_TEST(static_cast<bool>(verify_backup(directory / "backups", id)));
  }
}

BOOST_AUTO_TEST_CASE(backups_are_taken_while_writing_and_hold_what_was_acknowledged) {
  const temporary_directory directory;
  const auto s = open_store(directory / "store");
  take_shard(*s);
  std::atomic<unsigned> acknowledged{0};
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (unsigned n = 1; !stop; ++n) {
      if (put_run(*s, n).outcome != status::committed)
        return;
      acknowledged = n;
      acknowledged.notify_all();
    }
  });
  const auto wait_beyond = [&](unsigned n) {
    for (auto seen = acknowledged.load(); seen <= n; seen = acknowledged.load())
      acknowledged.wait(seen);
  };
  std::vector<unsigned> held;
  for (int i = 0; i < 3; ++i) {
    wait_beyond(acknowledged + 20);
    held.push_back(acknowledged);
    const auto taken = s->backups()->create_backup(directory / "backups");
    BOOST_TEST_REQUIRE(static_cast<bool>(taken), (taken ? std::string() : taken.error().message));
    BOOST_TEST(taken->id == static_cast<std::uint32_t>(i + 1));
    BOOST_TEST(taken->files > 0U);
  }
  stop = true;
  writer.join();
  const auto listed = list_backups(directory / "backups");
  BOOST_TEST_REQUIRE(static_cast<bool>(listed));
  BOOST_TEST_REQUIRE(listed->size() == 3U);
  for (std::uint32_t i = 1; i <= 3; ++i) {
    BOOST_TEST((*listed)[i - 1].id == i);
    BOOST_TEST(!(*listed)[i - 1].damaged);
    BOOST_TEST((*listed)[i - 1].created_s > 0);
    BOOST_TEST(static_cast<bool>(verify_backup(directory / "backups", i)));
    const auto target = directory / ("restored" + std::to_string(i));
    const auto restored = restore_backup(directory / "backups", i, target);
    BOOST_TEST_REQUIRE(static_cast<bool>(restored), (restored ? std::string() : restored.error().message));
    const auto copy = open_store(target);
    for (unsigned n = 1; n <= held[i - 1]; ++n)
      BOOST_TEST_REQUIRE(has_run(*copy, n));
    // No transaction is there in parts, and none after one that is missing.
    unsigned last = held[i - 1];
    while (has_run(*copy, last + 1))
      ++last;
    BOOST_TEST(last <= acknowledged + 1);
    for (unsigned n = last + 1; n < last + 50; ++n)
      BOOST_TEST(!read_run(*copy, run_of(n)).value.has_value());
    check_committed(put_run(*copy, last + 1));
  }
}

BOOST_AUTO_TEST_CASE(a_second_backup_shares_the_files_of_the_first) {
  const temporary_directory directory;
  const auto s = open_store(directory / "store");
  take_shard(*s);
  auto tx = in_shard();
  std::string noise(8U << 20, '\0');
  std::uint32_t state = 7;
  for (auto& byte : noise) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  tx.history.push_back({id(1), id(1), 1, 1, noise});
  check_committed(commit(*s, std::move(tx)));
  const auto size = [&] {
    std::uintmax_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(directory / "backups"))
      bytes += entry.is_regular_file() ? entry.file_size() : 0;
    return bytes;
  };
  BOOST_TEST(static_cast<bool>(s->backups()->create_backup(directory / "backups")));
  const auto first = size();
  BOOST_TEST(first > noise.size());
  check_committed(put_run(*s, 1));
  BOOST_TEST(static_cast<bool>(s->backups()->create_backup(directory / "backups")));
  BOOST_TEST(size() - first < 1U << 20);
}

BOOST_AUTO_TEST_CASE(a_damaged_backup_is_found_and_not_restored) {
  const temporary_directory directory;
  const auto s = open_store(directory / "store");
  take_shard(*s);
  for (unsigned n = 1; n <= 50; ++n)
    check_committed(put_run(*s, n));
  BOOST_TEST(static_cast<bool>(s->backups()->create_backup(directory / "backups")));
  for (const auto& entry : fs::recursive_directory_iterator(directory / "backups"))
    if (entry.path().extension() == ".sst") {
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(50);
      file << "damage";
    }
  const auto verified = verify_backup(directory / "backups", 1);
  BOOST_TEST_REQUIRE(!verified);
  BOOST_TEST((verified.error().kind == error_kind::internal_data_inconsistency));
  BOOST_TEST(!restore_backup(directory / "backups", 1, directory / "restored"));
  BOOST_TEST(!fs::exists(directory / "restored/CURRENT"));
}

BOOST_AUTO_TEST_CASE(a_restore_makes_the_directories_that_are_not_there) {
  const temporary_directory directory;
  const auto s = open_store(directory / "store");
  take_shard(*s);
  check_committed(put_run(*s, 1));
  BOOST_TEST(static_cast<bool>(s->backups()->create_backup(directory / "backups")));
  const auto target = directory / "new/machine/store";
  // What an interrupted restore has left is not taken for a part of this one.
  fs::create_directories(target + ".restoring");
  std::ofstream(target + ".restoring/000001.log") << "left over";
  const auto restored = restore_backup(directory / "backups", 1, target + "/");
  BOOST_TEST_REQUIRE(static_cast<bool>(restored), (restored ? std::string() : restored.error().message));
  BOOST_TEST(!fs::exists(target + ".restoring"));
  BOOST_TEST(has_run(*open_store(target), 1));
  fs::create_directories(directory / "empty");
  BOOST_TEST(static_cast<bool>(restore_backup(directory / "backups", 1, directory / "empty")));
}

BOOST_AUTO_TEST_CASE(a_policy_takes_away_what_is_old_and_never_the_last_whole_backup) {
  const auto ids = [](const std::vector<backup_info>& of) {
    std::vector<std::uint32_t> out;
    for (const auto& one : of)
      out.push_back(one.id);
    return out;
  };
  const std::vector<backup_info> all{
      {1, 100, 0, 0, false}, {2, 0, 0, 0, true}, {3, 300, 0, 0, false}, {4, 400, 0, 0, false}, {5, 0, 0, 0, true}};
  using numbers = std::vector<std::uint32_t>;
  BOOST_TEST(ids(backups_to_remove(all, {1, 0})) == (numbers{1, 2, 3, 5}), boost::test_tools::per_element());
  BOOST_TEST(ids(backups_to_remove(all, {2, 0})) == (numbers{1, 2, 5}), boost::test_tools::per_element());
  BOOST_TEST(ids(backups_to_remove(all, {1, 200})) == (numbers{1, 2, 5}), boost::test_tools::per_element());
  BOOST_TEST(ids(backups_to_remove(all, {0, 0})) == (numbers{1, 2, 3, 5}), boost::test_tools::per_element());
  BOOST_TEST(backups_to_remove({{2, 0, 0, 0, true}}, {1, 0}).empty()); // all there is
}

BOOST_AUTO_TEST_CASE(a_backup_that_is_removed_takes_nothing_of_the_others_along) {
  const temporary_directory directory;
  const auto backups = directory / "backups";
  {
    const auto s = open_store(directory / "store");
    take_shard(*s);
    for (unsigned n = 1; n <= 3; ++n) {
      check_committed(put_run(*s, n));
      BOOST_TEST_REQUIRE(static_cast<bool>(s->backups()->create_backup(backups)));
    }
  }
  BOOST_TEST_REQUIRE(static_cast<bool>(remove_backups(backups, backups_to_remove(*list_backups(backups), {1, 0}))));
  const auto left = list_backups(backups);
  BOOST_TEST_REQUIRE(static_cast<bool>(left));
  BOOST_TEST_REQUIRE(left->size() == 1U);
  BOOST_TEST(left->front().id == 3U);
  BOOST_TEST(static_cast<bool>(verify_backup(backups, 3)));
  BOOST_TEST(static_cast<bool>(restore_backup(backups, 3, directory / "restored")));
  const auto s = open_store(directory / "restored");
  for (unsigned n = 1; n <= 3; ++n)
    BOOST_TEST(has_run(*s, n));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_backed_up_or_restored_is_refused) {
  const temporary_directory directory;
  memory_store memory;
  BOOST_TEST(memory.backups() == nullptr);
  BOOST_TEST((list_backups(directory / "absent").error().kind == error_kind::entity_not_exists));
  const auto s = open_store(directory / "store");
  BOOST_TEST(static_cast<bool>(s->backups()->create_backup(directory / "backups")));
  BOOST_TEST((verify_backup(directory / "backups", 9).error().kind == error_kind::entity_not_exists));
  BOOST_TEST((restore_backup(directory / "backups", 1, directory / "store").error().kind == error_kind::bad_request));
  BOOST_TEST(
      (restore_backup(directory / "backups", 9, directory / "new").error().kind == error_kind::entity_not_exists));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
