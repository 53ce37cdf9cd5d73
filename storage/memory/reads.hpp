#pragma once

#include "storage/memory/tables.hpp"
#include "storage/scan_tokens.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

/// The reads of the store in memory, on its plain tables.
namespace cadenza::storage::memory {

[[nodiscard]] read_result<run_rows> read_run(const tables& all, int shard, const run_key& key);
[[nodiscard]] page<history_node> read_history(const tables& all, int shard, const history_query& query);
[[nodiscard]] read_result<history_tree> read_tree(const tables& all, int shard, const uuid& tree_id);
[[nodiscard]] page<timer_row> scan_timers(const tables& all, int shard, std::int64_t from_ns, std::int64_t from_id,
                                          std::int64_t to_ns, int limit);
[[nodiscard]] page<std::pair<run_key, run_rows>> scan_runs(const tables& all, int shard, const std::string& token,
                                                           int limit);
[[nodiscard]] page<std::pair<workflow_key, current_row>> scan_current(const tables& all, int shard,
                                                                      const std::string& token, int limit);
[[nodiscard]] page<branch_row> scan_trees(const tables& all, int shard, const std::string& token, int limit);
[[nodiscard]] page<std::pair<uuid, uuid>> scan_branches(const tables& all, int shard, const std::string& token,
                                                        int limit);
[[nodiscard]] page<std::pair<task_list_key, std::string>> scan_task_lists(const tables& all, const ring_range& of,
                                                                          const std::string& token, int limit);
[[nodiscard]] page<domain_row> read_domains(const tables& all, const std::string& token, int limit);
[[nodiscard]] page<queue_ack> read_acks(const tables& all, int queue);
[[nodiscard]] page<node_lease> read_leases(const tables& all);
[[nodiscard]] page<audit_row> read_audit(const tables& all, const audit_query& query);

/// Rows of a map by id with after < id ≤ up_to. `Row` is made of (id, value).
template <class Row, class Map> page<Row> scan_ids(const Map& map, std::int64_t after, std::int64_t up_to, int limit) {
  page<Row> result;
  for (auto it = map.upper_bound(after); it != map.end() && it->first <= up_to; ++it) {
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      result.next = more_after(std::prev(it)->first);
      break;
    }
    result.rows.push_back(Row{it->first, it->second});
  }
  return result;
}

} // namespace cadenza::storage::memory
