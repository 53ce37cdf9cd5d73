#include "server/storage_watch.hpp"

#include "storage/backups.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace cadenza {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds interval(15);

std::int64_t bytes_of(const fs::path& file) {
  std::error_code failure;
  const auto size = fs::file_size(file, failure);
  return failure ? 0 : static_cast<std::int64_t>(size); // gone since it was listed, or never there
}

std::int64_t bytes_below(const std::string& directory) {
  std::int64_t out = 0;
  std::error_code failure;
  for (fs::recursive_directory_iterator at(directory, failure), end; !failure && at != end; at.increment(failure))
    if (at->is_regular_file(failure))
      out += bytes_of(at->path());
  return out;
}

metrics::samples one(const std::atomic<std::int64_t>& value) {
  return {{{}, static_cast<double>(value.load(std::memory_order_relaxed))}};
}

} // namespace

std::int64_t newest_backup_s(const std::string& directory) {
  std::int64_t newest = 0;
  if (const auto all = storage::list_backups(directory))
    for (const auto& backup : *all)
      if (!backup.damaged)
        newest = std::max(newest, backup.created_s);
  return newest;
}

storage_watch::storage_watch(const config::server_config& c, open_store& stores, metrics::registry& registry, time now)
  : stores_(stores), store_directory_(stores.directory.empty() ? std::string() : c.persistence.main.rocksdb.directory),
    visibility_file_(stores.directory.empty() ? std::string() : c.persistence.visibility.sqlite.file), due_(now) {
  const auto& table = installation_metrics;
  if (!stores.backup_directory.empty())
    stores.last_backup_s = newest_backup_s(stores.backup_directory);
  tick(now);
  shown_.push_back(registry.computed_gauges(table[0], [] {
    return metrics::samples{{{{"version", CADENZA_VERSION}}, 1}};
  }));
  shown_.push_back(registry.computed_gauges(table[1], [this] {
    return metrics::samples{{{}, stores_.store->accepts_writes() ? 1.0 : 0.0}};
  }));
  if (store_directory_.empty())
    return;
  shown_.push_back(registry.computed_gauges(table[2], [this] {
    return metrics::samples{
        {{{"part", "store"}}, static_cast<double>(store_bytes_.load(std::memory_order_relaxed))},
        {{{"part", "visibility"}}, static_cast<double>(visibility_bytes_.load(std::memory_order_relaxed))}};
  }));
  shown_.push_back(registry.computed_gauges(table[3], [this] { return one(free_bytes_); }));
  shown_.push_back(registry.computed_gauges(table[4], [this] { return one(size_bytes_); }));
  shown_.push_back(registry.computed_gauges(table[5], [this] { return one(stores_.last_backup_s); }));
}

void storage_watch::tick(time now) {
  if (now < due_)
    return;
  due_ = now + interval;
  if (!store_directory_.empty())
    measure();
}

void storage_watch::measure() {
  store_bytes_ = bytes_below(store_directory_);
  std::int64_t lists = 0;
  for (const char* suffix : {"", "-wal", "-shm"})
    lists += bytes_of(visibility_file_ + suffix);
  visibility_bytes_ = lists;
  std::error_code failure;
  if (const auto disk = fs::space(store_directory_, failure); !failure) {
    free_bytes_ = static_cast<std::int64_t>(disk.available);
    size_bytes_ = static_cast<std::int64_t>(disk.capacity);
  }
}

} // namespace cadenza
