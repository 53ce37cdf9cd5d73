#pragma once

#include "actors/base/system_sources.hpp"
#include "actors/visibility/visibility_writer.hpp"
#include "bridge/checks/stored_settings.hpp"
#include "config/log_line.hpp"
#include "config/metrics.hpp"
#include "config/server_config.hpp"
#include "storage/store.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace cadenza {

/// The stores of a server; its end closes them.
struct open_store {
  open_store() = default;
  ~open_store();
  open_store(const open_store&) = delete;
  open_store& operator=(const open_store&) = delete;

  actors::system_clock time;
  std::unique_ptr<storage::store> store;
  actors::visibility_opener open_visibility; ///< rebuilds the lists when need be; refers to this object
  int shard_count = 0;                       ///< as fixed at the first start
  std::string directory;                     ///< "" when nothing is in one
  std::string elsewhere;                     ///< where the store is when it is on databases, for people; else ""
  /// Where everything is, for people.
  [[nodiscard]] std::string place() const {
    if (!elsewhere.empty())
      return elsewhere;
    return directory.empty() ? "memory" : directory;
  }
  std::string backup_directory;
  std::mutex backing_up;                      ///< held by who takes or removes backups: one at a time
  std::atomic<std::int64_t> last_backup_s{0}; ///< when the newest one was taken, in Unix time; 0: there is none
  std::atomic<bool> stopping{false};          ///< to be set before the engine is stopped: ends a rebuild of the lists
};

/// Opens what the configuration names. Refuses a data directory made with another number of history shards, and one
/// that another process has open. `write` takes log lines, on any thread.
[[nodiscard]] outcome<std::unique_ptr<open_store>> open_stores(const config::server_config& c,
                                                               metrics::registry& registry, log::sink write);

/// Hands what operators set at run time to `into`. An error names what cannot be read.
[[nodiscard]] outcome<void> read_documents(storage::store& store, bridge::stored_settings& into);

} // namespace cadenza
