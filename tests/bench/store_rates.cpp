#include "tests/bench/store_rates.hpp"

#include "storage/open.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <future>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace cadenza::bench {
namespace {

using namespace cadenza::storage;
using steady = std::chrono::steady_clock;

constexpr int shards = 16;

double seconds_since(steady::time_point begin) { return std::chrono::duration<double>(steady::now() - begin).count(); }

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// Bytes that compress about as well as records do.
std::string record(std::size_t size, std::uint64_t seed) {
  std::string bytes(size, 'r');
  for (std::size_t i = 0; i < size; i += 3) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    bytes[i] = static_cast<char>(seed >> 56);
  }
  return bytes;
}

struct counters {
  std::atomic<std::int64_t> groups{0};
  std::atomic<std::int64_t> bytes{0};
  std::atomic<std::int64_t> syncs{0};
  std::atomic<std::int64_t> sync_ns{0};
};

/// Header and activity of a run, a history node and a transfer task: the shape of most commits.
shard_transaction transaction(int shard, unsigned run, std::int64_t version, std::int64_t number) {
  // Made once: what is measured is the store.
  static const auto texts = [] {
    std::vector<std::string> made;
    for (std::uint64_t seed = 0; seed < 256; ++seed)
      made.push_back(record(400, seed));
    return made;
  }();
  const auto text = [&](std::size_t salt) -> const std::string& {
    return texts[(static_cast<std::size_t>(number) + salt) % texts.size()];
  };
  shard_transaction tx;
  tx.shard = shard;
  tx.range_id = 1;
  auto& mutation = tx.runs.emplace_back();
  mutation.key = {uuid::v4(1, 1), "workflow-" + std::to_string(run), uuid::v4(run, run)};
  if (version > 0)
    mutation.expected_version = version;
  mutation.new_version = version + 1;
  mutation.header.assign(text(1), 0, 300);
  mutation.pending.push_back({pending_kind::activity, version, "", text(2).substr(0, 150)});
  tx.history.push_back({uuid::v4(run, run), uuid::v4(run, 2), version + 1, number, text(3)});
  tx.transfer.push_back({number, text(4).substr(0, 80)});
  return tx;
}

} // namespace

double sync_rate(const std::string& directory, double seconds) {
  const auto name = directory + "/syncs";
  const int file = open(name.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0644);
  const auto bytes = record(512, 1);
  const auto begin = steady::now();
  int count = 0;
  for (; seconds_since(begin) < seconds; ++count)
    if (write(file, bytes.data(), bytes.size()) < 0 || fdatasync(file) != 0)
      std::abort();
  const auto rate = count / seconds_since(begin);
  close(file);
  std::filesystem::remove(name);
  return rate;
}

struct store_under_test::state {
  counters told;
  std::unique_ptr<store> opened;
  std::int64_t number = 0;
};

store_under_test::store_under_test(const std::string& directory) : state_(new state) {
  auto& told = state_->told;
  rocksdb_options options;
  options.directory = directory;
  options.probes.group_committed = [&told](std::int64_t, std::int64_t bytes, std::int64_t) {
    ++told.groups;
    told.bytes += bytes;
  };
  options.probes.log_synced = [&told](std::int64_t elapsed_ns) {
    ++told.syncs;
    told.sync_ns += elapsed_ns;
  };
  auto opened = open_rocksdb(std::move(options));
  if (!opened) {
    throw std::runtime_error(opened.error().message);
  }
  state_->opened = *std::move(opened);
  for (int shard = 0; shard < shards; ++shard) {
    std::promise<commit_result> taken;
    state_->opened->shards().update_shard({shard, 0, 1, "shard"},
                                          [&](commit_result result) { taken.set_value(std::move(result)); });
    if (taken.get_future().get().outcome != status::committed)
      throw std::runtime_error("the store refuses a shard");
  }
}

store_under_test::~store_under_test() { state_->opened->close(); }

store_rate store_under_test::measure(int at_once, double seconds) {
  auto& told = state_->told;
  auto& s = *state_->opened;
  // Each worker slot drives runs of its own through ten versions: a run's next commit follows its last answer.
  struct slot {
    unsigned run = 0;
    std::int64_t version = 0;
  };
  std::vector<slot> slots(static_cast<std::size_t>(at_once));
  std::counting_semaphore<> finished(0);
  std::atomic<std::int64_t> done{0};
  std::atomic<std::int64_t> failed{0};
  std::atomic<unsigned> next_run{static_cast<unsigned>(state_->number)};
  std::atomic<std::int64_t> next_number{state_->number};
  const auto begin = steady::now();
  const auto cpu = cpu_seconds();
  const auto groups = told.groups.load();
  const auto bytes = told.bytes.load();
  const auto syncs = told.syncs.load();
  const auto sync_ns = told.sync_ns.load();
  std::function<void(std::size_t)> step = [&](std::size_t i) {
    if (seconds_since(begin) >= seconds) {
      finished.release();
      return;
    }
    auto& mine = slots[i];
    if (mine.version % 10 == 0)
      mine = {++next_run, 0};
    auto tx = transaction(static_cast<int>(i) % shards, mine.run, mine.version++, ++next_number);
    s.shards().commit(std::move(tx), [&, i](const commit_result& result) {
      ++(result.outcome == status::committed ? done : failed);
      step(i);
    });
  };
  for (std::size_t i = 0; i < slots.size(); ++i)
    step(i);
  for (int i = 0; i < at_once; ++i)
    finished.acquire();
  const auto elapsed = seconds_since(begin);
  state_->number = next_number;
  if (failed != 0)
    throw std::runtime_error(std::to_string(failed.load()) + " transactions failed");
  const auto at_least_one = [](std::int64_t n) { return static_cast<double>(std::max<std::int64_t>(n, 1)); };
  store_rate out;
  out.transactions_per_s = static_cast<double>(done) / elapsed;
  out.syncs_per_s = static_cast<double>(told.syncs - syncs) / elapsed;
  out.sync_us = static_cast<double>(told.sync_ns - sync_ns) / 1e3 / at_least_one(told.syncs - syncs);
  out.per_group = static_cast<double>(done) / at_least_one(told.groups - groups);
  out.megabytes_per_s = static_cast<double>(told.bytes - bytes) / elapsed / 1e6;
  out.cpu_us = (cpu_seconds() - cpu) * 1e6 / at_least_one(done);
  return out;
}

} // namespace cadenza::bench
