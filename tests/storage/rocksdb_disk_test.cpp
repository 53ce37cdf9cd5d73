#include "tests/storage/support.hpp"

#include <sys/mount.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
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
  [[nodiscard]] bool wait_until(bool writable) {
    std::unique_lock guard(mutex_);
    return changed_.wait_for(guard, std::chrono::seconds(60), [&] { return writable_ == writable; });
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
  std::atomic<int> append_error{0};
  std::atomic<int> sync_error{0};
  std::atomic<int> stops{0};

  rocksdb_options options() {
    rocksdb_options given;
    given.directory = directory.path();
    given.disk_fault = [this](std::string_view operation, std::string_view file) {
      if (!file.ends_with(".log"))
        return 0;
      return operation == "sync" ? sync_error.load() : append_error.load();
    };
    given.fatal = [this](std::string_view) { ++stops; };
    return given;
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
  disk.sync_error = 0;
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
  disk.append_error = 0;
  BOOST_TEST(!s->accepts_writes());
  BOOST_TEST(put_run(*s, 3, 100).outcome == status::unavailable);
  BOOST_TEST(has_run(*s, 1));
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
    s->commit(std::move(tx), [promise](commit_result result) { promise->set_value(std::move(result)); });
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
  s->commit(in_shard(), [&](const commit_result&) {
    inside.set_value();
    opened.wait();
  });
  inside.get_future().wait(); // the committer is held: what comes now waits in the queue
  std::atomic<int> committed{0};
  std::atomic<int> refused{0};
  for (unsigned n = 1; n <= 30; ++n) {
    auto tx = in_shard();
    tx.runs.push_back(write_of(run_of(n), std::nullopt));
    s->commit(std::move(tx), [&](const commit_result& result) {
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
  check_committed(cleanup(*s, {1, 5, 5, 5}));
  BOOST_TEST(syncs == before + 10);
  BOOST_TEST(transactions == 12);
  BOOST_TEST(bytes > 10'000);
  BOOST_TEST(refusals == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::storage::test
