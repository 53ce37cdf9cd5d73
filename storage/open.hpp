#pragma once

#include "config/log_line.hpp"
#include "messages/outcome.hpp"
#include "storage/probes.hpp"
#include "storage/store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza::storage {

struct rocksdb_options {
  std::string directory;           ///< created with its parents when it is not there; one process at a time
  std::string program = "cadenza"; ///< noted in the directory with each format that it brings it to

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

  /// Rows of an upgrade are written so many bytes at a time; what is written is not done again.
  std::size_t upgrade_batch_bytes = std::size_t{1} << 20;

  bool flush_on_close = true; ///< writes tables at `close`, so that the next start has no log to read

  /// Operator switch: open a store whose log is damaged in the middle and drop everything after the damage. Loses
  /// acknowledged writes; without it such a store is refused.
  bool recover_to_point_in_time = false;

  /// Refuse a log whose last record was cut off by a crash, too: it was never acknowledged, but some want to know.
  bool refuse_torn_tail = false;

  store_probes probes;

  /// Warnings and errors of the engine, one line each; on any of its threads, must not block. Default: dropped.
  log::sink log;

  /// Called when the process must end without writing again: a sync failed for another reason than lack of space, so
  /// what is on the disk is not known any more; or the disk works again after an error and the engine does not.
  /// Default: one line on stderr, then std::abort. Must not return outside tests.
  std::function<void(std::string_view reason)> fatal;

  /// For tests and chaos: asked before each creation ("create"), append ("append") and sync ("sync") of a file; an
  /// errno value other than 0 makes the operation fail with it.
  std::function<int(std::string_view operation, std::string_view file)> disk_fault;
};

/// Opens or creates the embedded store. A directory of an older format is brought up to date first, which reads and
/// writes a part of it; `log` tells. Errors: `unavailable` when another process has the directory,
/// `internal_data_inconsistency` when stored data is damaged or of a newer format, `bad_request` when the directory
/// cannot be used, `internal_service` for anything else.
[[nodiscard]] outcome<std::unique_ptr<store>> open_rocksdb(rocksdb_options options);

} // namespace cadenza::storage
