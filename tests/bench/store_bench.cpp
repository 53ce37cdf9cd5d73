#include "storage/open.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <future>
#include <semaphore>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

/// Rates of the embedded store on this machine: transactions of four rows with so many under way at once, beside what
/// the disk's syncs alone allow. `store_bench [DIRECTORY [SECONDS]]`.
namespace {

using namespace cadenza;
using namespace cadenza::storage;
using steady = std::chrono::steady_clock;

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
  tx.history.push_back({uuid::v4(run, run), uuid::v4(run, 2), version + 1, number, text(3), std::nullopt});
  tx.transfer.push_back({number, text(4).substr(0, 80)});
  return tx;
}

double raw_syncs(const std::string& directory, double seconds) {
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

void measure(store& s, counters& told, int at_once, double seconds, std::int64_t& number) {
  constexpr int shards = 16;
  // Each worker slot drives runs of its own through ten versions: a run's next commit follows its last answer.
  struct slot {
    unsigned run = 0;
    std::int64_t version = 0;
  };
  std::vector<slot> slots(static_cast<std::size_t>(at_once));
  std::counting_semaphore<> finished(0);
  std::atomic<std::int64_t> done{0};
  std::atomic<std::int64_t> failed{0};
  std::atomic<unsigned> next_run{static_cast<unsigned>(number)};
  std::atomic<std::int64_t> next_number{number};
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
    s.commit(std::move(tx), [&, i](const commit_result& result) {
      ++(result.outcome == status::committed ? done : failed);
      step(i);
    });
  };
  for (std::size_t i = 0; i < slots.size(); ++i)
    step(i);
  for (int i = 0; i < at_once; ++i)
    finished.acquire();
  const auto elapsed = seconds_since(begin);
  number = next_number;
  std::printf("%4d at once: %8.0f transactions/s, %7.0f syncs/s of %6.0f us, %5.1f per group, %6.1f MB/s, "
              "%5.1f us CPU each%s\n",
              at_once, static_cast<double>(done) / elapsed, static_cast<double>(told.syncs - syncs) / elapsed,
              static_cast<double>(told.sync_ns - sync_ns) / 1e3 /
                  static_cast<double>(std::max<std::int64_t>(told.syncs - syncs, 1)),
              static_cast<double>(done) / static_cast<double>(std::max<std::int64_t>(told.groups - groups, 1)),
              static_cast<double>(told.bytes - bytes) / elapsed / 1e6,
              (cpu_seconds() - cpu) * 1e6 / static_cast<double>(done), failed == 0 ? "" : "  SOME FAILED");
  if (failed != 0)
    std::exit(1);
}

} // namespace

int main(int count, char** arguments) {
  const std::string directory = count > 1 ? arguments[1] : "store_bench.data";
  const double seconds = count > 2 ? std::atof(arguments[2]) : 3;
  std::filesystem::create_directories(directory);
  std::printf("raw 512-byte append + fdatasync: %.0f/s\n", raw_syncs(directory, std::min(seconds, 2.0)));

  counters told;
  rocksdb_options options;
  options.directory = directory + "/store";
  options.probes.group_committed = [&](std::int64_t, std::int64_t bytes, std::int64_t) {
    ++told.groups;
    told.bytes += bytes;
  };
  options.probes.log_synced = [&](std::int64_t elapsed_ns) {
    ++told.syncs;
    told.sync_ns += elapsed_ns;
  };
  auto begin = steady::now();
  auto opened = open_rocksdb(options);
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    return 1;
  }
  std::printf("created in %.0f ms\n", seconds_since(begin) * 1e3);
  auto s = *std::move(opened);
  for (int shard = 0; shard < 16; ++shard) {
    std::promise<commit_result> taken;
    s->update_shard({shard, 0, 1, "shard"}, [&](commit_result result) { taken.set_value(std::move(result)); });
    if (taken.get_future().get().outcome != status::committed)
      return 1;
  }
  std::int64_t number = 0;
  for (const int at_once : {1, 4, 16, 64, 256})
    measure(*s, told, at_once, seconds, number);
  s.reset();
  begin = steady::now();
  opened = open_rocksdb(options);
  std::printf("opened again in %.0f ms\n", seconds_since(begin) * 1e3);
  if (opened)
    (*opened)->close();
  const bool good = static_cast<bool>(opened);
  opened = cadenza::internal_error("closed");
  std::filesystem::remove_all(directory);
  return good ? 0 : 1;
}
