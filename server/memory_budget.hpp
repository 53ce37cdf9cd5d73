#pragma once

#include "config/server_config.hpp"

#include <cstdint>
#include <string>

namespace cadenza {

/// Bytes that the parts of a server may hold, which together leave a process of a given size room for requests under
/// way. docs/configuration.md has the same numbers in words.
struct memory_budget {
  std::int64_t run_cache = 0;      ///< runs kept ready
  std::int64_t write_buffers = 0;  ///< rows not yet in table files
  std::int64_t log = 0;            ///< of the store's logs, which a start reads into memory
  std::int64_t block_cache = 0;    ///< blocks read from disk
  std::int64_t queued_commits = 0; ///< transactions that wait for the disk
  std::int64_t requests = 0;       ///< requests that arrive
  std::int64_t answers = 0;        ///< answers that clients have not taken
};

/// What a process that may use `limit` bytes gives to each part. From 4 GiB on nothing grows any more.
[[nodiscard]] memory_budget budget_of(std::int64_t limit);

/// The same for a configured server: from what it is told, or from what the process may use.
[[nodiscard]] memory_budget budget_of(const config::server_config& c);

/// The network layer's bounds for a configured server, those of memory included.
[[nodiscard]] config::network_config network_of(const config::server_config& c);

/// What this process may use: the lowest limit of its control groups (version 1 or 2), all above it included, or the
/// machine's memory when that is less. `group_file` and `group_root` are for tests.
[[nodiscard]] std::int64_t memory_limit(const std::string& group_file = "/proc/self/cgroup",
                                        const std::string& group_root = "/sys/fs/cgroup");

} // namespace cadenza
