#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace rocksdb {
class DB;
class ColumnFamilyHandle;
} // namespace rocksdb

namespace cadenza::storage::rocks {

/// The column families. docs/storage-format.md describes the rows of each.
enum class table : std::size_t {
  shards,
  current,
  runs,
  history,
  trees,
  transfer,
  timers,
  replication,
  task_lists,
  tasks,
  domains,
  queues,
  documents,
  requests,
  dead_letters,
  acks,
  leases,
  audit,
  schema,
};

inline constexpr std::array<std::string_view, 19> table_names{
    "shards",       "current",    "runs",   "history", "trees",  "transfer",  "timers",
    "replication",  "task_lists", "tasks",  "domains", "queues", "documents", "requests",
    "dead_letters", "acks",       "leases", "audit",   "schema"};

/// An open database and its column families. Owned by the store; every other part only refers to it.
struct database {
  rocksdb::DB* db = nullptr;
  std::array<rocksdb::ColumnFamilyHandle*, table_names.size()> families{};

  [[nodiscard]] rocksdb::ColumnFamilyHandle* operator[](table t) const { return families[static_cast<std::size_t>(t)]; }
};

} // namespace cadenza::storage::rocks
