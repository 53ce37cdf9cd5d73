#pragma once

#include "messages/outcome.hpp"
#include "storage/store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza::storage {

/// What the embedded store tells about its work, for the node's metrics. Every function may be empty; they are called
/// on the store's threads and must not block.
struct store_probes {
  /// A group of transactions was written: how many, their bytes, and the time from the first check to the answer.
  std::function<void(std::int64_t transactions, std::int64_t bytes, std::int64_t elapsed_ns)> group_committed;
  /// The write-ahead log was synced to the disk.
  std::function<void(std::int64_t elapsed_ns)> log_synced;
  /// A transaction was left out because a condition did not hold.
  std::function<void(condition which)> condition_failed;
  /// Writes stopped (false, why) or work again (true).
  std::function<void(bool accepts_writes, std::string_view reason)> writable_changed;
};

struct rocksdb_options {
  std::string directory; ///< created with its parents when it is not there; one process at a time

  std::size_t block_cache_bytes = std::size_t{64} << 20;   ///< upper bound; grows with use
  std::size_t write_buffers_bytes = std::size_t{96} << 20; ///< upper bound of all tables together; grows with use
  /// Older log files are let go by flushing when they exceed this; also what a start may have to read again.
  std::uint64_t log_bytes = std::uint64_t{128} << 20;

  int readers = 2;                      ///< threads that serve reads
  std::size_t queued_reads = 100'000;   ///< beyond this, reads are answered `unavailable`
  std::size_t queued_commits = 100'000; ///< beyond either of these two, commits are answered `unavailable`
  std::size_t queued_bytes = std::size_t{512} << 20;
  std::size_t group_transactions = 1024; ///< at most so many transactions share one sync
  std::size_t group_bytes = std::size_t{8}
                            << 20;  ///< a group is closed when it reaches this; one transaction may be larger
  std::size_t cached_rows = 32'768; ///< row versions, current runs and task list leases kept for conditions

  bool flush_on_close = true; ///< writes tables at `close`, so that the next start has no log to read

  /// Operator switch: open a store whose log is damaged in the middle and drop everything after the damage. Loses
  /// acknowledged writes; without it such a store is refused.
  bool recover_to_point_in_time = false;

  /// Refuse a log whose last record was cut off by a crash, too: it was never acknowledged, but some want to know.
  bool refuse_torn_tail = false;

  store_probes probes;

  /// Warnings and errors of the engine, one line each; on any of its threads, must not block. Default: dropped.
  std::function<void(bool error, std::string_view text)> log;

  /// Called when the process must end without writing again: a sync failed for another reason than lack of space, so
  /// what is on the disk is not known any more; or the disk works again after an error and the engine does not.
  /// Default: one line on stderr, then std::abort. Must not return outside tests.
  std::function<void(std::string_view reason)> fatal;

  /// For tests and chaos: asked before each creation ("create"), append ("append") and sync ("sync") of a file; an
  /// errno value other than 0 makes the operation fail with it.
  std::function<int(std::string_view operation, std::string_view file)> disk_fault;
};

/// Opens or creates the embedded store. Errors: `unavailable` when another process has the directory,
/// `internal_data_inconsistency` when stored data is damaged or of another format, `bad_request` when the directory
/// cannot be used, `internal_service` for anything else.
[[nodiscard]] outcome<std::unique_ptr<store>> open_rocksdb(rocksdb_options options);

/// Reads every table file of an embedded store and compares checksums; gives a line for each that cannot be read: which
/// table, which file, why. Nothing for other stores. Reads and commits go on meanwhile. Blocks; ends early, with what
/// was found so far, when `stopping` says so.
[[nodiscard]] std::vector<std::string> unreadable_files(store& of, const std::function<bool()>& stopping);

/// One backup in a backup directory.
struct backup_info {
  std::uint32_t id = 0;
  std::int64_t created_s = 0; ///< unix time
  std::uint64_t bytes = 0;    ///< of all its files, shared ones included
  std::uint32_t files = 0;
  bool damaged = false; ///< its description cannot be read; it cannot be restored
};

/// Takes a backup of a running embedded store into a directory, which is created, and reads it back before it tells of
/// it; files that an earlier backup there holds are not copied again. Everything acknowledged before the call is in it.
/// Blocks: call it on a thread of its own; commits and reads go on meanwhile. `bad_request` when the store is not an
/// embedded one, `service_busy` while another backup is taken into the same directory.
[[nodiscard]] outcome<backup_info> create_backup(store& from, const std::string& backup_directory);

/// The backups of a directory, oldest first. Blocks.
[[nodiscard]] outcome<std::vector<backup_info>> list_backups(const std::string& backup_directory);

/// Reads every file of a backup and compares checksums. Blocks. An error tells what is wrong.
[[nodiscard]] outcome<void> verify_backup(const std::string& backup_directory, std::uint32_t id);

/// Writes a backup into a directory that is empty or not there (those above it are made), ready to be opened. Blocks.
/// All of it or nothing: until it is whole it stands in `directory`.restoring, which the next restore removes.
[[nodiscard]] outcome<void> restore_backup(const std::string& backup_directory, std::uint32_t id,
                                           const std::string& directory);

} // namespace cadenza::storage
