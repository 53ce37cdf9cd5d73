#pragma once

#include "messages/outcome.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace cadenza::storage {

/// One backup in a backup directory.
struct backup_info {
  std::uint32_t id = 0;
  std::int64_t created_s = 0; ///< unix time
  std::uint64_t bytes = 0;    ///< of all its files, shared ones included
  std::uint32_t files = 0;
  bool damaged = false; ///< its description cannot be read; it cannot be restored
};

/// The side of a store that copies itself while it runs; `store::backups` tells whether one has it.
class backup_source {
public:
  virtual ~backup_source() = default;

  /// Takes a backup into a directory, which is created, and reads it back before it tells of it; files that an earlier
  /// backup there holds are not copied again. Everything acknowledged before the call is in it. Blocks: call it on a
  /// thread of its own; commits and reads go on meanwhile. `service_busy` while another backup is taken into the same
  /// directory.
  [[nodiscard]] virtual outcome<backup_info> create_backup(const std::string& backup_directory) = 0;
};

/// The backups of a directory, oldest first. Blocks.
[[nodiscard]] outcome<std::vector<backup_info>> list_backups(const std::string& backup_directory);

/// Which backups stay.
struct backup_policy {
  std::size_t keep = 1;            ///< so many of the newest whole ones stay, whatever their age; at least one
  std::int64_t taken_before_s = 0; ///< of the others only those taken before this, in Unix time, go; 0: all
};

/// What a policy takes away: older whole backups and, since nothing can be restored from them, all damaged ones. The
/// backups are those of `list_backups`.
[[nodiscard]] std::vector<backup_info> backups_to_remove(std::vector<backup_info> all, const backup_policy& policy);

/// Removes backups and the files that no other one shares. Blocks. `service_busy` while one is taken into the same
/// directory. Of those in front of an error it tells nothing: they are gone.
[[nodiscard]] outcome<void> remove_backups(const std::string& backup_directory, const std::vector<backup_info>& which);

/// Reads every file of a backup and compares checksums. Blocks. An error tells what is wrong.
[[nodiscard]] outcome<void> verify_backup(const std::string& backup_directory, std::uint32_t id);

/// Writes a backup into a directory that is empty or not there (those above it are made), ready to be opened. Blocks.
/// All of it or nothing: until it is whole it stands in `directory`.restoring, which the next restore removes.
[[nodiscard]] outcome<void> restore_backup(const std::string& backup_directory, std::uint32_t id,
                                           const std::string& directory);

} // namespace cadenza::storage
