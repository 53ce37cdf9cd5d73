#pragma once

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
};

/// The machine's file system, with every written file watched. A sync is the one operation whose failure must be told
/// apart from all others, and the engine's own error does not say which call failed.
[[nodiscard]] std::shared_ptr<rocksdb::FileSystem> watched_file_system(std::shared_ptr<const disk_watch> watch);

} // namespace cadenza::storage::rocks
