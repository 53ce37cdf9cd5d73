#pragma once

#include "messages/outcome.hpp"
#include "storage/open.hpp"
#include "storage/rocksdb/disk_watch.hpp"
#include "storage/rocksdb/health.hpp"
#include "storage/rocksdb/live_logs.hpp"
#include "storage/rocksdb/resumer.hpp"
#include "storage/rocksdb/table_rewrite.hpp"
#include "storage/rocksdb/tables.hpp"

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <atomic>
#include <memory>

namespace cadenza::storage::rocks {

/// An open database with what watches over it. Closed by the destructor, after whoever uses it has stopped.
class engine {
public:
  [[nodiscard]] static outcome<std::unique_ptr<engine>> open(rocksdb_options options);
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// Writes every table that has rows in memory only. Blocks. What fails is left to the log.
  void flush();

  /// Writes a damaged table anew. Only while nobody reads or writes.
  [[nodiscard]] outcome<table_rewrite::result> rewrite(table which) {
    return table_rewrite(data_, default_family_).rewrite(which);
  }

  [[nodiscard]] const database& data() const { return data_; }
  [[nodiscard]] const rocksdb_options& options() const { return options_; }
  [[nodiscard]] health& state() { return *health_; }
  [[nodiscard]] const std::atomic<bool>& log_sync_failed() const { return log_sync_failed_; }

private:
  explicit engine(rocksdb_options options);

  [[nodiscard]] outcome<void> open_database();
  [[nodiscard]] outcome<void> check_format();
  [[nodiscard]] rocksdb::Status write_format();
  void begin_resuming();

  rocksdb_options options_;
  std::atomic<bool> log_sync_failed_{false};
  std::shared_ptr<health> health_;
  live_logs logs_;
  std::shared_ptr<disk_watch> watch_;
  std::unique_ptr<rocksdb::Env> env_;
  database data_;
  rocksdb::ColumnFamilyHandle* default_family_ = nullptr;
  std::unique_ptr<resumer> resumer_; ///< gone before the database is closed
};

} // namespace cadenza::storage::rocks
