#pragma once

#include "storage/rocksdb/tables.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <string>
#include <utility>

/// The reads of the embedded store: blocking, for any thread. Each sees one moment of its table.
namespace cadenza::storage::rocks {

[[nodiscard]] read_result<std::string> read_shard(const database& data, int shard);
[[nodiscard]] read_result<current_row> read_current(const database& data, int shard, const workflow_key& key);
[[nodiscard]] read_result<run_rows> read_run(const database& data, int shard, const run_key& key);
[[nodiscard]] page<history_node> read_history(const database& data, int shard, const history_query& query);
[[nodiscard]] read_result<history_tree> read_tree(const database& data, int shard, const uuid& tree_id);
[[nodiscard]] page<transfer_row> scan_transfer(const database& data, int shard, std::int64_t after, std::int64_t up_to,
                                               int limit);
[[nodiscard]] page<timer_row> scan_timers(const database& data, int shard, std::int64_t from_ns, std::int64_t from_id,
                                          std::int64_t to_ns, int limit);
[[nodiscard]] page<replication_row> scan_replication(const database& data, int shard, std::int64_t after,
                                                     std::int64_t up_to, int limit);
[[nodiscard]] page<std::pair<run_key, run_rows>> scan_runs(const database& data, int shard, const std::string& token,
                                                           int limit);
[[nodiscard]] page<std::pair<workflow_key, current_row>> scan_current(const database& data, int shard,
                                                                      const std::string& token, int limit);
[[nodiscard]] page<branch_row> scan_trees(const database& data, int shard, const std::string& token, int limit);
[[nodiscard]] page<std::pair<uuid, uuid>> scan_branches(const database& data, int shard, const std::string& token,
                                                        int limit);
[[nodiscard]] page<replication_row> scan_dead_letters(const database& data, const dead_letters& at, std::int64_t after,
                                                      std::int64_t up_to, int limit);

[[nodiscard]] read_result<std::string> read_task_list(const database& data, const task_list_key& key);
[[nodiscard]] page<backlog_row> scan_tasks(const database& data, const task_list_key& key, std::int64_t after,
                                           std::int64_t up_to, int limit);
[[nodiscard]] page<std::pair<task_list_key, std::string>> scan_task_lists(const database& data, const ring_range& of,
                                                                          const std::string& token, int limit);
[[nodiscard]] page<domain_row> read_domains(const database& data, const std::string& token, int limit);
[[nodiscard]] read_result<std::int64_t> read_domain_version(const database& data);
[[nodiscard]] page<queue_row> read_queue(const database& data, int queue, std::int64_t after, int limit);
[[nodiscard]] page<queue_ack> read_acks(const database& data, int queue);
[[nodiscard]] read_result<std::string> read_document(const database& data, int document);
[[nodiscard]] page<node_lease> read_leases(const database& data);
[[nodiscard]] page<audit_row> read_audit(const database& data, const audit_query& query);
[[nodiscard]] page<schema_row> read_schema(const database& data);

} // namespace cadenza::storage::rocks
