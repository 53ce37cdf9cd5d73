#pragma once

#include "storage/rocksdb/live_logs.hpp"

#include <rocksdb/file_system.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace cadenza::storage::rocks {

/// What happens below the engine, seen at the file. Set up before the store opens; outlives it.
struct disk_watch {
  std::function<void(std::int64_t elapsed_ns)> log_synced;
  /// A sync failed. What of the file is on the disk is not known from here on.
  std::function<void(std::string_view reason, bool no_space)> sync_failed;
  std::function<int(std::string_view operation, std::string_view file)> fault;
  live_logs* logs = nullptr; ///< told of every log before it is used, and before it is deleted; not null
};

/// The machine's file system, with every written file watched. A sync is the one operation whose failure must be told
/// apart from all others, and the engine's own error does not say which call failed. After any other failure the engine
/// is told that trying again may help: it takes most errors for lasting ones, and what an operator can mend (no
/// descriptors left, a file system that was read-only for a while) would end writes for ever.
[[nodiscard]] std::shared_ptr<rocksdb::FileSystem> watched_file_system(std::shared_ptr<const disk_watch> watch);

} // namespace cadenza::storage::rocks
