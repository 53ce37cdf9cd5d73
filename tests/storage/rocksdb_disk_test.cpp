#include "tests/storage/support.hpp"

#include <sys/mount.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

namespace cadenza::storage::test {

namespace {

/// A small file system of its own; the test fails where it cannot be had.
class small_disk {
public:
  explicit small_disk(const char* size) {
    BOOST_TEST_REQUIRE(mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, size) == 0,
                       "a full disk can only be tested by a user who may mount");
  }
  ~small_disk() { umount2(directory_.path().c_str(), MNT_DETACH); }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  [[nodiscard]] std::string operator/(const std::string& name) const { return directory_ / name; }

private:
  temporary_directory directory_;
};

/// Tells when writes stop and work again.
class writable_watch {
public:
  void tell(bool writable) {
    const std::lock_guard guard(mutex_);
    writable_ = writable;
    changed_.notify_all();
  }
  template <class Wanted> [[nodiscard]] bool wait_until(Wanted wanted) {
    std::unique_lock guard(mutex_);
    return changed_.wait_for(guard, std::chrono::seconds(60), [&] { return wanted(writable_); });
  }
  [[nodiscard]] bool wait_until(bool writable) {
    return wait_until([writable](bool now) { return now == writable; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool writable_ = true;
};

commit_result put_run(store& s, unsigned n, std::size_t bytes) {
  auto tx = in_shard();
  tx.runs.push_back(write_of(run_of(n), std::nullopt, std::string(bytes, static_cast<char>('a' + n % 26))));
  return commit(s, std::move(tx));
}

bool has_run(store& s, unsigned n) {
  const auto read = read_run(s, run_of(n));
  BOOST_TEST_REQUIRE(read.outcome == status::committed, read.message);
  return read.value.has_value();
}

/// A store whose files fail as the test says.
struct failing_disk {
  temporary_directory directory;
  std::atomic<int> append_error{0}; ///< of logs
  std::atomic<int> sync_error{0};   ///< of logs
  std::atomic<int> create_error{0}; ///< of any file
  std::atomic<int> manifest_error{0};
  std::atomic<int> stops{0};
  writable_watch watch;

  rocksdb_options options() {
    rocksdb_options given;
    given.directory = directory / "store";
    given.disk_fault = [this](std::string_view operation, std::string_view file) {
      if (operation == "create")
        return create_error.load();
      if (file.find("MANIFEST") != file.npos)
        return operation == "append" ? manifest_error.load() : 0;
      if (!file.ends_with(".log"))
        return 0;
      return operation == "sync" ? sync_error.load() : append_error.load();
    };
    given.probes.writable_changed = [this](bool writable, std::string_view) { watch.tell(writable); };
    given.fatal = [this](std::string_view) {
      ++stops;
      watch.tell(false);
    };
    return given;
  }
  [[nodiscard]] bool wait_until_writable() { return watch.wait_until(true); }
  [[nodiscard]] bool wait_until_writable_or_stopped() {
    return watch.wait_until([this](bool writable) { return writable || stops > 0; });
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(rocksdb_disk)

BOOST_AUTO_TEST_CASE(a_full_disk_refuses_writes_until_there_is_room) {
  const small_disk disk("size=48m");
  writable_watch watch;
  rocksdb_options options;
  options.directory = disk / "store";
  options.probes.writable_changed = [&](bool writable, std::string_view) { watch.tell(writable); };
  std::set<unsigned> acknowledged;
  std::set<unsigned> refused;
  unsigned next = 1;
  {
    const auto s = open_store(options);
    take_shard(*s);
    std::ofstream ballast(disk / "ballast", std::ios::binary);
    ballast << std::string(24U << 20, 'x');
    ballast.close();
    for (; refused.size() < 10 && next < 5000; ++next) {
      const auto result = put_run(*s, next, 50'000);
      if (result.outcome == status::committed) {
        acknowledged.insert(next);
        continue;
      }
      BOOST_TEST(result.outcome == status::unavailable);
      BOOST_TEST(result.message.find("space") != std::string::npos, result.message);
      refused.insert(next);
    }
    BOOST_TEST(refused.size() == 10U);
    BOOST_TEST(acknowledged.size() > 50U);
    BOOST_TEST(!s->accepts_writes());
    for (const auto n : acknowledged)
      BOOST_TEST(has_run(*s, n));
    for (const auto n : refused)
      BOOST_TEST(!has_run(*s, n));

    std::filesystem::remove(disk / "ballast");
    BOOST_TEST_REQUIRE(watch.wait_until(true));
    BOOST_TEST(s->accepts_writes());
    for (int i = 0; i < 20; ++i, ++next) {
      check_committed(put_run(*s, next, 50'000));
      acknowledged.insert(next);
    }
    for (const auto n : refused)
      BOOST_TEST(!has_run(*s, n));
  }
  const auto again = open_store(disk / "store");
  for (const auto n : acknowledged)
    BOOST_TEST(has_run(*again, n));
  for (const auto n : refused)
    BOOST_TEST(!has_run(*again, n));
}

BOOST_AUTO_TEST_CASE(a_failed_sync_stops_the_process) {
  failing_disk disk;
  const auto s = open_store(disk.options());
  take_shard(*s);
  check_committed(put_run(*s, 1, 100));
  disk.sync_error = EIO;
  const auto failed = put_run(*s, 2, 100);
  BOOST_TEST(disk.stops >= 1);
  BOOST_TEST(failed.outcome == status::unknown_outcome);
  BOOST_TEST(!failed.message.empty());
  BOOST_TEST(!s->accepts_writes());
  BOOST_TEST(put_run(*s, 3, 100).outcome == status::unavailable);
  BOOST_TEST(has_run(*s, 1));
}

BOOST_AUTO_TEST_CASE(no_room_at_the_sync_is_an_unknown_outcome) {
  failing_disk disk;
  const auto s = open_store(disk.options());
  take_shard(*s);
  disk.sync_error = ENOSPC;
  BOOST_TEST(put_run(*s, 1, 100).outcome == status::unknown_outcome);
  BOOST_TEST(disk.stops == 0);
}

BOOST_AUTO_TEST_CASE(a_failed_append_is_an_unknown_outcome_and_stops_writes) {
  failing_disk disk;
  const auto s = open_store(disk.options());
  take_shard(*s);
  check_committed(put_run(*s, 1, 100));
  disk.append_error = EIO;
  BOOST_TEST(put_run(*s, 2, 100).outcome == status::unknown_outcome);
  BOOST_TEST(disk.stops == 0);
  BOOST_TEST(!s->accepts_writes());
  BOOST_TEST(put_run(*s, 3, 100).outcome == status::unavailable);
  BOOST_TEST(has_run(*s, 1));
}

BOOST_AUTO_TEST_CASE(writes_come_back_after_an_error_of_the_log_has_passed) {
  failing_disk disk;
  const auto s = open_store(disk.options());
  take_shard(*s);
  check_committed(put_run(*s, 1, 100));
  disk.append_error = EIO;
  BOOST_TEST(put_run(*s, 2, 100).outcome == status::unknown_outcome);
  disk.append_error = 0;
  BOOST_TEST_REQUIRE(disk.wait_until_writable());
  BOOST_TEST(disk.stops == 0);
  check_committed(put_run(*s, 3, 100));
  // What a crash now would leave.
  std::filesystem::copy(disk.directory / "store", disk.directory / "crashed", std::filesystem::copy_options::recursive);
  const auto again = open_store(disk.directory / "crashed");
  BOOST_TEST(has_run(*again, 1));
  BOOST_TEST(has_run(*again, 3));
}

BOOST_AUTO_TEST_CASE(writes_come_back_when_nothing_was_in_memory_at_the_error) {
  failing_disk disk;
  auto options = disk.options();
  auto s = open_store(options);
  take_shard(*s);
  check_committed(put_run(*s, 1, 100));
  s->close(); // writes the tables
  s.reset();
  s = open_store(options);
  disk.append_error = ENOSPC;
  BOOST_TEST(put_run(*s, 2, 100).outcome == status::unavailable);
  disk.append_error = 0;
  BOOST_TEST_REQUIRE(disk.wait_until_writable());
  BOOST_TEST(disk.stops == 0);
  check_committed(put_run(*s, 3, 100));
}

BOOST_AUTO_TEST_CASE(writes_come_back_when_files_can_be_created_again) {
  for (const auto error : {EMFILE, EROFS, EIO}) {
    failing_disk disk;
    auto options = disk.options();
    options.write_buffers_bytes = 1 << 20;
    const auto s = open_store(options);
    take_shard(*s);
    disk.create_error = error;
    unsigned next = 1;
    while (s->accepts_writes() && next < 2000)
      put_run(*s, next++, 50'000);
    BOOST_TEST_CONTEXT(std::strerror(error)) {
      BOOST_TEST(!s->accepts_writes());
      BOOST_TEST(put_run(*s, 5000, 100).outcome == status::unavailable);
      disk.create_error = 0;
      BOOST_TEST_REQUIRE(disk.wait_until_writable());
      BOOST_TEST(disk.stops == 0);
      check_committed(put_run(*s, 5001, 100));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_error_of_the_manifest_passes_or_ends_the_process) {
  failing_disk disk;
  auto options = disk.options();
  options.write_buffers_bytes = 1 << 20;
  const auto s = open_store(options);
  take_shard(*s);
  disk.manifest_error = EIO;
  for (unsigned next = 1; s->accepts_writes() && next < 2000; ++next)
    put_run(*s, next, 50'000);
  BOOST_TEST(!s->accepts_writes());
  disk.manifest_error = 0;
  BOOST_TEST(disk.wait_until_writable_or_stopped());
}

BOOST_AUTO_TEST_CASE(a_file_system_that_was_read_only_for_a_while_takes_writes_again) {
  const small_disk disk("size=64m");
  writable_watch watch;
  rocksdb_options options;
  options.directory = disk / "store";
  options.write_buffers_bytes = 1 << 20;
  options.probes.writable_changed = [&](bool writable, std::string_view) { watch.tell(writable); };
  std::atomic<int> stops{0};
  options.fatal = [&](std::string_view) { ++stops; };
  const auto s = open_store(options);
  take_shard(*s);
  // The files that are open stay so: new ones cannot be made. As an operator would see it who mounted it wrongly.
  const auto path = disk / "store";
  BOOST_TEST_REQUIRE(mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0);
  BOOST_TEST_REQUIRE(mount(nullptr, path.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0);
  unsigned next = 1;
  for (; s->accepts_writes() && next < 2000; ++next)
    put_run(*s, next, 20'000);
  BOOST_TEST(!s->accepts_writes());
  BOOST_TEST_REQUIRE(umount2(path.c_str(), MNT_DETACH) == 0);
  BOOST_TEST_REQUIRE(watch.wait_until(true));
  BOOST_TEST(stops == 0);
  check_committed(put_run(*s, 5000, 100));
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_written_is_told_as_such) {
  const small_disk disk("size=16m");
  const auto path = disk / "store";
  {
    const auto s = open_store(path);
    take_shard(*s);
  }
  BOOST_TEST_REQUIRE(mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0);
  BOOST_TEST_REQUIRE(mount(nullptr, path.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0);
  rocksdb_options options;
  options.directory = path;
  const auto opened = open_rocksdb(options);
  BOOST_TEST_REQUIRE(!opened);
  BOOST_TEST((opened.error().kind == error_kind::bad_request));
  BOOST_TEST(opened.error().message.find("cannot be written") != std::string::npos, opened.error().message);
  umount2(path.c_str(), MNT_DETACH);
}

BOOST_AUTO_TEST_CASE(a_refusal_that_rests_on_a_lost_write_is_not_a_failed_condition) {
  failing_disk disk;
  const auto s = open_store(disk.options());
  take_shard(*s);
  disk.append_error = ENOSPC;
  // Whether both are in one group is chance; neither may be told that the run exists.
  std::vector<std::future<commit_result>> answers;
  for (int i = 0; i < 20; ++i) {
    auto promise = std::make_shared<std::promise<commit_result>>();
    answers.push_back(promise->get_future());
    auto tx = in_shard();
    tx.runs.push_back(write_of(run_of(1), std::nullopt));
    s->shards().commit(std::move(tx), [promise](commit_result result) { promise->set_value(std::move(result)); });
  }
  for (auto& answer : answers)
    BOOST_TEST(answer.get().outcome == status::unavailable);
  BOOST_TEST(!has_run(*s, 1));
}

BOOST_AUTO_TEST_CASE(queues_are_bounded) {
  temporary_directory directory;
  rocksdb_options options;
  options.directory = directory.path();
  options.queued_commits = 10;
  std::promise<void> gate;
  const auto opened = gate.get_future().share();
  const auto s = open_store(options);
  take_shard(*s);
  std::promise<void> inside;
  s->shards().commit(in_shard(), [&](const commit_result&) {
    inside.set_value();
    opened.wait();
  });
  inside.get_future().wait(); // the committer is held: what comes now waits in the queue
  std::atomic<int> committed{0};
  std::atomic<int> refused{0};
  for (unsigned n = 1; n <= 30; ++n) {
    auto tx = in_shard();
    tx.runs.push_back(write_of(run_of(n), std::nullopt));
    s->shards().commit(std::move(tx), [&](const commit_result& result) {
      ++(result.outcome == status::committed ? committed : refused);
      BOOST_TEST((result.outcome == status::committed || result.outcome == status::unavailable));
    });
  }
  BOOST_TEST(refused == 20);
  gate.set_value();
  s->close();
  BOOST_TEST(committed == 10);
}

BOOST_AUTO_TEST_CASE(probes_tell_of_groups_syncs_and_refusals) {
  temporary_directory directory;
  rocksdb_options options;
  options.directory = directory.path();
  std::atomic<std::int64_t> transactions{0};
  std::atomic<std::int64_t> bytes{0};
  std::atomic<std::int64_t> syncs{0};
  std::atomic<std::int64_t> refusals{0};
  options.probes.group_committed = [&](std::int64_t count, std::int64_t size, std::int64_t elapsed_ns) {
    transactions += count;
    bytes += size;
    BOOST_TEST(elapsed_ns > 0);
  };
  options.probes.log_synced = [&](std::int64_t) { ++syncs; };
  options.probes.condition_failed = [&](condition) { ++refusals; };
  const auto s = open_store(options);
  take_shard(*s);
  const auto before = syncs.load();
  for (unsigned n = 1; n <= 10; ++n)
    check_committed(put_run(*s, n, 1000));
  BOOST_TEST(put_run(*s, 1, 10).outcome == status::condition_failed);
  BOOST_TEST(syncs == before + 10);
  check_committed(cleanup(*s, {1, 5, 5, 5, {}, {}}));
  BOOST_TEST(syncs == before + 10);
  BOOST_TEST(transactions == 12);
  BOOST_TEST(bytes > 10'000);
  BOOST_TEST(refusals == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
