#include "storage/visibility/sqlite/schema.hpp"

#include "storage/visibility/sqlite/functions.hpp"

#include <sqlite3.h>

namespace cadenza::storage::visibility {
namespace {

/// Close and execution status are the numbers that queries use (Completed is 0 and 2), not those of the wire. Columns
/// that mean nothing for an open run are NULL while it is open. Every index is partial where it can be, so that a run
/// costs few entries; none carries the run id, because ties of start time are rare and sorted on the fly.
constexpr const char* tables = R"sql(
CREATE TABLE domains (
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE
) STRICT;
CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  domain INTEGER NOT NULL,
  run_id BLOB NOT NULL,
  workflow_id TEXT NOT NULL,
  type TEXT NOT NULL,
  start_ns INTEGER NOT NULL,
  close_ns INTEGER,
  close_status INTEGER,
  history_length INTEGER,
  execution_ns INTEGER NOT NULL,
  scheduled_ns INTEGER NOT NULL,
  update_ns INTEGER NOT NULL,
  execution_status INTEGER NOT NULL,
  shard INTEGER NOT NULL,
  task_id INTEGER NOT NULL,
  task_list TEXT NOT NULL,
  task_list_kind INTEGER NOT NULL,
  is_cron INTEGER NOT NULL,
  cron_schedule TEXT NOT NULL,
  num_clusters INTEGER NOT NULL,
  cluster_scope TEXT NOT NULL,
  cluster_name TEXT NOT NULL,
  attributes_hash INTEGER NOT NULL,
  search_attributes BLOB,
  memo BLOB
) STRICT;
CREATE UNIQUE INDEX runs_by_id ON runs (run_id, domain);
CREATE INDEX runs_by_workflow ON runs (domain, workflow_id, start_ns DESC);
CREATE INDEX open_by_start ON runs (domain, start_ns DESC) WHERE close_status IS NULL;
CREATE INDEX open_by_type ON runs (domain, type, start_ns DESC) WHERE close_status IS NULL;
CREATE INDEX closed_by_start ON runs (domain, start_ns DESC) WHERE close_status IS NOT NULL;
CREATE INDEX closed_by_type ON runs (domain, type, start_ns DESC) WHERE close_status IS NOT NULL;
CREATE INDEX closed_by_status ON runs (domain, close_status, start_ns DESC) WHERE close_status IS NOT NULL;
CREATE TABLE attributes (
  run INTEGER NOT NULL,
  key TEXT NOT NULL,
  value ANY NOT NULL,
  domain INTEGER NOT NULL,
  PRIMARY KEY (run, key, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX attributes_by_value ON attributes (domain, key, value);
CREATE TABLE removed (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  domain INTEGER NOT NULL,
  run_id BLOB NOT NULL,
  task_id INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX removed_by_id ON removed (run_id, domain);
)sql";

error unusable(std::string why) {
  return {error_kind::internal_data_inconsistency, "visibility store: " + std::move(why) + "; it must be rebuilt"};
}

outcome<std::int64_t> ask_number(connection& on, std::string_view sql) {
  const auto answer = on.ask(sql);
  if (!answer)
    return answer.error();
  const auto* number = std::get_if<std::int64_t>(&*answer);
  return number == nullptr ? 0 : *number;
}

outcome<void> create(connection& on) {
  auto all = transaction::begin(on);
  if (!all)
    return all.error();
  CADENZA_TRY(on.execute(tables));
  CADENZA_TRY(on.execute(("PRAGMA user_version = " + std::to_string(schema_version)).c_str()));
  return all->commit();
}

outcome<void> set_journal(connection& on) {
  const auto answer = on.ask("PRAGMA journal_mode = WAL");
  if (!answer)
    return answer.error();
  // SQLite keeps the old mode silently where the file system cannot do what the log needs.
  const auto* mode = std::get_if<std::string>(&*answer);
  if (mode == nullptr || (*mode != "wal" && *mode != "memory"))
    return unavailable("visibility store: the file system does not support a write-ahead log");
  return {};
}

outcome<void> check_whole(connection& on) {
  const auto answer = on.ask("PRAGMA quick_check(1)");
  if (!answer)
    return answer.error();
  const auto* text = std::get_if<std::string>(&*answer);
  if (text == nullptr || *text != "ok")
    return unusable("the database is damaged: " + (text == nullptr ? std::string{"no answer"} : *text));
  return {};
}

} // namespace

outcome<void> configure(connection& on, int cache_kib, open_mode mode) {
  sqlite3_db_config(on.raw(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(on.raw(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // Every query is written without double-quoted texts; refusing them turns a mistake into an error.
  sqlite3_db_config(on.raw(), SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  CADENZA_TRY(on.execute(("PRAGMA cache_size = -" + std::to_string(cache_kib)).c_str()));
  CADENZA_TRY(on.execute("PRAGMA temp_store = MEMORY"));
  CADENZA_TRY(on.execute("PRAGMA cell_size_check = ON"));
  if (mode == open_mode::read_write) {
    CADENZA_TRY(set_journal(on));
    CADENZA_TRY(on.execute("PRAGMA synchronous = NORMAL"));
    // 16 MiB of log between checkpoints: a page that changes often is copied back once, not every time.
    CADENZA_TRY(on.execute("PRAGMA wal_autocheckpoint = 4096"));
    CADENZA_TRY(on.execute("PRAGMA journal_size_limit = 33554432"));
  }
  return register_functions(on);
}

outcome<void> prepare_schema(connection& on, bool verify) {
  const auto version = ask_number(on, "PRAGMA user_version");
  if (!version)
    return version.error();
  const auto objects = ask_number(on, "SELECT count(*) FROM sqlite_schema");
  if (!objects)
    return objects.error();
  if (*version == 0 && *objects == 0)
    return create(on);
  if (*version == 0)
    return unusable("the file is some other database");
  if (*version != schema_version)
    return unusable("the database has schema version " + std::to_string(*version) + " instead of " +
                    std::to_string(schema_version));
  if (verify)
    return check_whole(on);
  return {};
}

} // namespace cadenza::storage::visibility
