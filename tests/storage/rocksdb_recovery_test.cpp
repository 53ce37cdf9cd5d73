#include "storage/backups.hpp"

#include "tests/storage/support.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace cadenza::storage::test {

namespace {

namespace fs = std::filesystem;

/// Commits run n with a history node, and tells how it went.
commit_result put_run(store& s, unsigned n) {
  auto tx = in_shard();
  tx.runs.push_back(write_of(run_of(n), std::nullopt, "header " + std::to_string(n)));
  tx.trees.push_back(new_tree(id(n), id(n)));
  tx.history.push_back({id(n), id(n), 1, 1, std::string(200, 'h')});
  return commit(s, std::move(tx));
}

bool has_run(store& s, unsigned n) {
  const auto read = read_run(s, run_of(n));
  return read.outcome == status::committed && read.value && read.value->header == "header " + std::to_string(n);
}

/// The newest file of a kind that has content.
fs::path newest(const std::string& directory, const std::string& extension) {
  fs::path found;
  for (const auto& entry : fs::directory_iterator(directory))
    if (entry.path().extension() == extension && entry.file_size() > 0 &&
        (found.empty() || entry.path().filename() > found.filename()))
      found = entry.path();
  BOOST_TEST_REQUIRE(!found.empty());
  return found;
}

void flip_byte(const fs::path& file, std::uintmax_t at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(at));
  const auto byte = static_cast<char>(stream.get() ^ 0x10);
  stream.seekp(static_cast<std::streamoff>(at));
  stream.put(byte);
  BOOST_TEST_REQUIRE(stream.good());
}

/// Where a run's header is in the log, in bytes.
std::uintmax_t position_of(const fs::path& file, const std::string& text) {
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
  const auto at = bytes.find(text);
  BOOST_TEST_REQUIRE(at != bytes.npos);
  return at;
}

error refused(const std::string& directory) {
  rocksdb_options options;
  options.directory = directory;
  auto opened = open_rocksdb(options);
  BOOST_TEST_REQUIRE(!opened);
  return opened.error();
}

/// Leaves the rows in the log, as a killed process does.
void fill(const std::string& directory, unsigned runs) {
  rocksdb_options options;
  options.directory = directory;
  options.flush_on_close = false;
  const auto s = open_store(options);
  take_shard(*s);
  for (unsigned n = 1; n <= runs; ++n)
    check_committed(put_run(*s, n));
}

} // namespace

BOOST_AUTO_TEST_SUITE(rocksdb_recovery)

BOOST_AUTO_TEST_CASE(a_store_opened_again_has_everything_and_still_fences) {
  const temporary_directory directory;
  fill(directory / "new/deep", 50);
  const auto s = open_store(directory / "new/deep");
  for (unsigned n = 1; n <= 50; ++n)
    BOOST_TEST(has_run(*s, n));
  BOOST_TEST(put_run(*s, 1).failed == condition::run_version);
  BOOST_TEST(update_shard(*s, 1, 0, 1).current_value == 1);
  check_committed(update_shard(*s, 1, 1, 2));
  BOOST_TEST(put_run(*s, 51).failed == condition::shard_range);
}

BOOST_AUTO_TEST_CASE(a_clean_end_leaves_no_log_to_read) {
  const temporary_directory directory;
  {
    const auto s = open_store(directory.path());
    take_shard(*s);
    for (unsigned n = 1; n <= 20; ++n)
      check_committed(put_run(*s, n));
  }
  for (const auto& entry : fs::directory_iterator(directory.path()))
    if (entry.path().extension() == ".log")
      BOOST_TEST(entry.file_size() < 1000U);
  const auto s = open_store(directory.path());
  for (unsigned n = 1; n <= 20; ++n)
    BOOST_TEST(has_run(*s, n));
}

BOOST_AUTO_TEST_CASE(a_crash_keeps_what_was_acknowledged) {
  const temporary_directory directory;
  const auto s = open_store(directory / "live");
  take_shard(*s);
  for (unsigned n = 1; n <= 30; ++n)
    check_committed(put_run(*s, n));
  // The files as a killed process leaves them: nothing was closed or flushed.
  fs::copy(directory / "live", directory / "crashed", fs::copy_options::recursive);
  check_committed(put_run(*s, 31));
  const auto after = open_store(directory / "crashed");
  for (unsigned n = 1; n <= 30; ++n)
    BOOST_TEST(has_run(*after, n));
  BOOST_TEST(!has_run(*after, 31));
  check_committed(put_run(*after, 31));
}

BOOST_AUTO_TEST_CASE(a_torn_last_record_is_dropped_and_nothing_else) {
  const temporary_directory directory;
  for (const std::uintmax_t cut : {1U, 3U, 60U}) {
    const auto path = directory / std::to_string(cut);
    fill(path, 20);
    const auto log = newest(path, ".log");
    fs::resize_file(log, fs::file_size(log) - cut);
    {
      const auto s = open_store(path);
      for (unsigned n = 1; n < 20; ++n)
        BOOST_TEST(has_run(*s, n));
      BOOST_TEST(!has_run(*s, 20));
      check_committed(put_run(*s, 20));
    }
    // The torn log may still be there while newer ones have been written.
    const auto again = open_store(path);
    for (unsigned n = 1; n <= 20; ++n)
      BOOST_TEST(has_run(*again, n));
  }
}

BOOST_AUTO_TEST_CASE(damage_in_the_middle_of_the_log_is_refused) {
  const temporary_directory directory;
  fill(directory.path(), 20);
  const auto log = newest(directory.path(), ".log");
  flip_byte(log, position_of(log, "header 7"));
  const auto reason = refused(directory.path());
  BOOST_TEST((reason.kind == error_kind::internal_data_inconsistency));
  BOOST_TEST(reason.message.find("damaged") != std::string::npos, reason.message);
  BOOST_TEST(reason.message.find(directory.path()) != std::string::npos, reason.message);

  rocksdb_options options;
  options.directory = directory.path();
  options.recover_to_point_in_time = true;
  const auto s = open_store(options);
  for (unsigned n = 1; n <= 20; ++n)
    BOOST_TEST(has_run(*s, n) == (n < 7));
}

BOOST_AUTO_TEST_CASE(a_log_that_is_missing_is_refused_and_named) {
  const temporary_directory directory;
  fill(directory.path(), 20);
  const auto log = newest(directory.path(), ".log");
  fs::remove(log);
  const auto reason = refused(directory.path());
  BOOST_TEST((reason.kind == error_kind::internal_data_inconsistency));
  BOOST_TEST(reason.message.find(log.filename().string()) != std::string::npos, reason.message);
  refused(directory.path()); // the first try has not forgotten it

  rocksdb_options options;
  options.directory = directory.path();
  options.recover_to_point_in_time = true;
  {
    const auto s = open_store(options);
    BOOST_TEST(!has_run(*s, 20));
  }
  open_store(directory.path()); // the loss was accepted
}

BOOST_AUTO_TEST_CASE(an_older_log_that_is_missing_is_refused_too) {
  const temporary_directory directory;
  fill(directory.path(), 5);
  const auto older = newest(directory.path(), ".log");
  rocksdb_options options;
  options.directory = directory.path();
  options.flush_on_close = false;
  open_store(options); // and leaves: the older log still has the rows
  BOOST_TEST_REQUIRE(fs::exists(older));
  fs::remove(older);
  BOOST_TEST(refused(directory.path()).message.find(older.filename().string()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(logs_are_missed_through_flushes_and_clean_ends) {
  const temporary_directory directory;
  for (unsigned round = 0; round < 3; ++round) {
    rocksdb_options options;
    options.directory = directory.path();
    options.write_buffers_bytes = 1 << 20;
    options.flush_on_close = round != 1;
    const auto s = open_store(options);
    if (round == 0)
      take_shard(*s);
    for (unsigned n = 1; n <= 60; ++n) {
      auto tx = in_shard();
      tx.runs.push_back(write_of(run_of(1000 * round + n), std::nullopt, std::string(100'000, 'x')));
      check_committed(commit(*s, std::move(tx)));
    }
  }
  // Every log that is there is listed, and none that is not: either would show here.
  {
    const auto s = open_store(directory.path());
    const auto read = read_run(*s, run_of(2060));
    BOOST_TEST(read.value.has_value());
  }
  for (const auto& entry : fs::directory_iterator(directory.path())) // an empty one, as a clean end leaves it
    if (entry.path().extension() == ".log")
      fs::remove(entry.path());
  BOOST_TEST((refused(directory.path()).kind == error_kind::internal_data_inconsistency));
}

BOOST_AUTO_TEST_CASE(a_store_without_a_list_of_its_logs_is_taken_as_it_is) {
  const temporary_directory directory;
  fill(directory.path(), 5);
  fs::remove(directory / "LIVE-LOGS");
  {
    const auto s = open_store(directory.path());
    BOOST_TEST(has_run(*s, 5));
  }
  BOOST_TEST(fs::exists(directory / "LIVE-LOGS"));
}

BOOST_AUTO_TEST_CASE(a_damaged_list_of_logs_is_refused) {
  const temporary_directory directory;
  fill(directory.path(), 5);
  fs::resize_file(directory / "LIVE-LOGS", fs::file_size(directory / "LIVE-LOGS") - 2);
  BOOST_TEST((refused(directory.path()).kind == error_kind::internal_data_inconsistency));
}

BOOST_AUTO_TEST_CASE(a_torn_last_record_is_refused_where_that_is_wanted) {
  const temporary_directory directory;
  fill(directory.path(), 20);
  const auto log = newest(directory.path(), ".log");
  rocksdb_options options;
  options.directory = directory.path();
  options.refuse_torn_tail = true;
  options.flush_on_close = false;
  {
    const auto s = open_store(options);
    BOOST_TEST(has_run(*s, 20));
  }
  fs::resize_file(log, fs::file_size(log) - 3);
  const auto opened = open_rocksdb(options);
  BOOST_TEST_REQUIRE(!opened);
  BOOST_TEST((opened.error().kind == error_kind::internal_data_inconsistency));
}

BOOST_AUTO_TEST_CASE(damage_in_a_table_is_told_by_the_read) {
  const temporary_directory directory;
  const auto path = directory / "store";
  {
    const auto s = open_store(path);
    take_shard(*s);
    for (unsigned n = 1; n <= 200; ++n) {
      auto tx = in_shard();
      tx.runs.push_back(write_of(run_of(n), std::nullopt, "header"));
      check_committed(commit(*s, std::move(tx)));
    }
    BOOST_TEST_REQUIRE(static_cast<bool>(s->backups()->create_backup(directory / "backup"))); // writes the tables
  }
  fs::path largest; // the table of the runs: the others hold one row
  for (const auto& entry : fs::directory_iterator(path))
    if (entry.path().extension() == ".sst" && (largest.empty() || entry.file_size() > fs::file_size(largest)))
      largest = entry.path();
  flip_byte(largest, 20);
  const auto s = open_store(path);
  const auto read = read_run(*s, run_of(1));
  BOOST_TEST(read.outcome == status::corrupted);
  BOOST_TEST(!read.value.has_value());
  BOOST_TEST(!read.message.empty());
}

BOOST_AUTO_TEST_CASE(a_store_without_its_manifest_is_not_begun_anew) {
  const temporary_directory directory;
  fill(directory.path(), 3);
  fs::remove(directory / "CURRENT");
  BOOST_TEST((refused(directory.path()).kind == error_kind::internal_data_inconsistency));
  BOOST_TEST(!fs::exists(directory / "CURRENT"));
}

BOOST_AUTO_TEST_CASE(a_path_that_is_no_directory_is_refused) {
  const temporary_directory directory;
  std::ofstream(directory / "file") << "x";
  BOOST_TEST((refused(directory / "file").kind == error_kind::bad_request));
  BOOST_TEST((refused(directory / "file/below").kind == error_kind::bad_request));
}

BOOST_AUTO_TEST_CASE(a_directory_in_use_is_refused) {
  const temporary_directory directory;
  {
    const auto s = open_store(directory.path());
    const auto reason = refused(directory.path());
    BOOST_TEST((reason.kind == error_kind::unavailable));
    BOOST_TEST(reason.message.find("in use") != std::string::npos, reason.message);
    take_shard(*s); // the first is not disturbed
  }
  // Another process: it holds the lock until its end of the pipe is closed.
  int ready[2];
  int finish[2];
  BOOST_TEST_REQUIRE((pipe(ready) == 0 && pipe(finish) == 0));
  const auto lock_file = directory / "LOCK";
  const pid_t child = fork();
  BOOST_TEST_REQUIRE(child >= 0);
  if (child == 0) {
    ::close(finish[1]);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const int file = ::open(lock_file.c_str(), O_RDWR | O_CREAT, 0644);
    char byte = file >= 0 && fcntl(file, F_SETLK, &lock) == 0 ? 'y' : 'n';
    if (write(ready[1], &byte, 1) != 1)
      _exit(1);
    _exit(read(finish[0], &byte, 1) == 0 ? 0 : 1);
  }
  ::close(finish[0]);
  char byte = 0;
  BOOST_TEST(::read(ready[0], &byte, 1) == 1);
  BOOST_TEST(byte == 'y');
  BOOST_TEST((refused(directory.path()).kind == error_kind::unavailable));
  ::close(finish[1]);
  int exit_status = 0;
  BOOST_TEST(waitpid(child, &exit_status, 0) == child);
  BOOST_TEST(exit_status == 0);
  ::close(ready[0]);
  ::close(ready[1]);
  BOOST_TEST(open_store(directory.path()) != nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
