#include "storage/rocksdb/options.hpp"

#include "storage/rocksdb/engine_log.hpp"
#include "storage/rocksdb/tables.hpp"
#include "storage/rocksdb/values.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <chrono>

namespace cadenza::storage::rocks {

namespace {

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;

/// How a table is used, which decides how it is kept.
enum class use {
  small,   ///< few rows: leases, domains, documents
  points,  ///< looked up by key, also for keys that are not there
  history, ///< large, written once, read by branch
  queue,   ///< written, read once at most, dropped by ranges soon after
};

use use_of(table t) {
  switch (t) {
  case table::requests:
  case table::current:
  case table::runs: return use::points;
  case table::history: return use::history;
  case table::transfer:
  case table::timers:
  case table::replication:
  case table::tasks: return use::queue;
  case table::shards:
  case table::trees:
  case table::task_lists:
  case table::domains:
  case table::queues:
  case table::documents:
  case table::dead_letters:
  case table::acks:
  case table::leases:
  case table::audit:
  case table::schema: return use::small;
  }
  return use::small;
}

/// Drops remembered requests that nobody has to remember any more.
class expired_requests final : public rocksdb::CompactionFilter {
public:
  bool Filter(int, const rocksdb::Slice&, const rocksdb::Slice& value, std::string*, bool*) const override {
    auto bytes = value.ToStringView();
    const auto expires_ns = take_varint(bytes);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return expires_ns &&
           static_cast<std::int64_t>(*expires_ns) <= std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  }
  const char* Name() const override { return "cadenza.expired_requests"; }
};

const expired_requests expired;
constexpr std::uint64_t request_sweep_s = 6ULL * 3600; ///< no table of theirs grows older than this uncompacted

/// Rows of one table in memory before they are written: of a small store no table may have them all, or a start that
/// reads the log would hold a multiple.
std::size_t write_buffer_of(use what, std::size_t all) {
  const auto wanted = what == use::small ? 4 * mib : what == use::queue ? 16 * mib : 32 * mib;
  return std::min(wanted, std::max(all / 2, mib));
}

rocksdb::ColumnFamilyOptions options_for(use what, const std::shared_ptr<rocksdb::Cache>& cache, std::size_t buffers) {
  rocksdb::ColumnFamilyOptions family;
  // Memory is taken as rows come: an idle store has twenty families and must stay small.
  family.arena_block_size = 64 * kib;
  family.write_buffer_size = write_buffer_of(what, buffers);
  family.max_write_buffer_number = 3;
  family.target_file_size_base = what == use::history ? 32 * mib : 16 * mib;
  family.max_bytes_for_level_base = 128 * mib;
  family.level_compaction_dynamic_level_bytes = true;
  family.compression = rocksdb::kLZ4Compression;
  family.bottommost_compression = rocksdb::kZSTD;

  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = cache;
  blocks.cache_index_and_filter_blocks = true;
  blocks.pin_l0_filter_and_index_blocks_in_cache = true;
  blocks.format_version = 5;
  blocks.block_size = 8 * kib;
  if (what == use::points)
    blocks.filter_policy.reset(rocksdb::NewRibbonFilterPolicy(10, 1));
  if (what == use::history) {
    blocks.block_size = 16 * kib;
    // Batches of events of different runs look alike: a dictionary halves what they take at the bottom.
    family.bottommost_compression_opts.enabled = true;
    family.bottommost_compression_opts.max_dict_bytes = 32 * kib;
    family.bottommost_compression_opts.zstd_max_train_bytes = 2 * mib;
    family.bottommost_compression_opts.level = 3;
  }
  if (what == use::queue)
    family.bottommost_compression = rocksdb::kLZ4Compression; // rows live for seconds
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  return family;
}

} // namespace

rocksdb::DBOptions database_options(const rocksdb_options& options, rocksdb::Env* env,
                                    std::shared_ptr<rocksdb::EventListener> listener) {
  rocksdb::DBOptions db;
  db.env = env;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.listeners.push_back(std::move(listener));
  // The engine's default would drop acknowledged writes after damage in the middle of the log without a word.
  db.wal_recovery_mode = options.recover_to_point_in_time ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                         : options.refuse_torn_tail       ? rocksdb::WALRecoveryMode::kAbsoluteConsistency
                                                          : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.track_and_verify_wals_in_manifest = !options.recover_to_point_in_time;
  db.paranoid_checks = true;
  db.max_bgerror_resume_count = 0; // ours alone brings writes back: beside it the engine's own never lets a close end
  db.max_total_wal_size = options.log_bytes;
  db.db_write_buffer_size = options.write_buffers_bytes;
  db.avoid_flush_during_recovery = true; // a start reads the log; it does not wait for tables to be written
  // Whether a close writes tables is for `flush_on_close` to say; the one row that is not in the log is not needed.
  db.avoid_flush_during_shutdown = true;
  db.max_background_jobs = 2;
  db.bytes_per_sync = mib;
  db.max_open_files = 512;
  // One thread writes: what serves concurrent writers only costs.
  db.allow_concurrent_memtable_write = false;
  db.enable_write_thread_adaptive_yield = false;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.info_log_level = rocksdb::WARN_LEVEL;
  db.info_log = engine_log(options.log);
  return db;
}

std::vector<rocksdb::ColumnFamilyDescriptor> family_options(const rocksdb_options& options) {
  // One shard bit keeps the cache's own tables small; there are few readers.
  const auto cache = rocksdb::NewLRUCache(options.block_cache_bytes, 1);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, options_for(use::small, cache, options.write_buffers_bytes));
  for (std::size_t i = 0; i < table_names.size(); ++i)
    families.emplace_back(std::string(table_names[i]),
                          options_for(use_of(static_cast<table>(i)), cache, options.write_buffers_bytes));
  auto& requests = families[1 + static_cast<std::size_t>(table::requests)].options;
  requests.compaction_filter = &expired;
  requests.periodic_compaction_seconds = request_sweep_s;
  return families;
}

} // namespace cadenza::storage::rocks
