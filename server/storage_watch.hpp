#pragma once

#include "config/metrics.hpp"
#include "config/server_config.hpp"
#include "server/installation_metrics.hpp"
#include "server/serve_store.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace cadenza {

/// When the newest whole backup of a directory was taken, in Unix time; 0: there is none. Blocks.
[[nodiscard]] std::int64_t newest_backup_s(const std::string& directory);

/// Measures the data directory now and then, on the thread that ticks it: it blocks on the disk, as a scrape must not.
class storage_watch {
public:
  using time = std::chrono::steady_clock::time_point;

  storage_watch(const config::server_config& c, open_store& stores, metrics::registry& registry, time now);

  [[nodiscard]] time due() const { return due_; }
  void tick(time now);

private:
  void measure();

  const open_store& stores_;
  const std::string store_directory_; ///< empty: in memory
  const std::string visibility_file_;
  std::atomic<std::int64_t> store_bytes_{0};
  std::atomic<std::int64_t> visibility_bytes_{0};
  std::atomic<std::int64_t> free_bytes_{0};
  std::atomic<std::int64_t> size_bytes_{0};
  time due_;
  std::vector<metrics::registry::callback_handle> shown_;
};

} // namespace cadenza
