#pragma once

#include "storage/sql/requests.hpp"
#include "storage/sql/values.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

/// What transactions that are committed together do to the rows of a database.
namespace cadenza::storage::sql {

/// A key within a shard.
template <class Key> struct of_shard {
  int shard = 0;
  Key key;
  auto operator<=>(const of_shard&) const = default;
};

/// Of a shard or a task list: a number that fences, and a record.
struct fenced_slot {
  bool known = false;
  std::int64_t range_id = 0; ///< as the group leaves it; 0: there is none
  std::int64_t stored = 0;   ///< as it must be found in the database
  bool used = false;         ///< something of the group rests on it
  bool moved = false;        ///< the group writes it
  const std::string* value = nullptr;
};

struct current_slot {
  bool known = false;
  std::optional<current_row> found;                 ///< as it was read
  const current_row* row = nullptr;                 ///< when known; null: there is none
  std::vector<const current_condition*> conditions; ///< of the row as it is stored, to be checked with the writes
  enum class write { none, put, remove } change = write::none;
  std::optional<uuid> remove_if; ///< goes when it names this run; if unknown, nobody knows what is left
};

struct pending_id {
  pending_kind kind{};
  std::int64_t number = 0;
  std::string_view text;
  auto operator<=>(const pending_id&) const = default;
};

struct run_slot {
  bool known = false;
  std::optional<std::int64_t> version; ///< as the group leaves it; nothing: there is no such run
  std::optional<std::int64_t> stored;  ///< as it must be found in the database
  bool written = false;
  bool removed = false;
  bool cleared = false; ///< of its pending rows
  std::string_view header;
  std::optional<std::string_view> fixed;
  std::map<pending_id, std::optional<std::string_view>> pending;
};

struct tree_slot {
  bool known = false;
  std::int64_t version = 0; ///< as the group leaves it; 0: there is no such tree
  std::int64_t stored = 0;  ///< as it must be found in the database
  bool written = false;
  bool ended = false;
  std::map<uuid, std::optional<std::string_view>> branches;
};

struct request_id {
  workflow_key workflow;
  request_kind kind{};
  std::int64_t version = 0;
  std::string id;
  auto operator<=>(const request_id&) const = default;
};

struct request_slot {
  bool known = false;
  uuid run_id;
  std::int64_t expires_ns = 0; ///< 0: it is not remembered
  const request_write* write = nullptr;
};

/// Ids from ≤ id ≤ to.
struct id_range {
  std::int64_t from = 0;
  std::int64_t to = 0;
};

struct list_slot : fenced_slot {
  bool removed = false;
  std::vector<id_range> drops; ///< carried out before `tasks`
  std::map<std::int64_t, std::string_view> tasks;
};

using node_id = std::tuple<int, uuid, uuid, std::int64_t, std::int64_t>; ///< shard, tree, branch, event, ~transaction
using task_id = std::pair<int, std::int64_t>;                            ///< shard, id
using timer_id = std::tuple<int, std::int64_t, std::int64_t>;            ///< shard, fire time, id
using listed_id = std::pair<uuid, uuid>;                                 ///< domain, run

/// Transactions that become one of the database. Each is judged by what is known of the rows its conditions look at:
/// read before (`load`), or left so by another one of the group. Of a row of which nothing is known the best is
/// hoped, and the writes say so: they fail as a whole if it is not so, and nothing of the group has been done.
///
/// Refers to the transactions, which must stay where they are. One thread.
class group {
public:
  enum class verdict {
    taken,      ///< it is committed with the group
    refused,    ///< the result says why, provided that the group is committed
    next_group, ///< it cannot be judged before this group is written
  };

  [[nodiscard]] verdict add(const request& what, commit_result& result);

  /// Whether there is anything to write.
  [[nodiscard]] bool writes() const { return writes_; }
  /// The statements, without those that frame a transaction.
  void write(std::vector<step>& out) const;

  /// Reads what the conditions of these look at, and keeps it from being changed by others until the end of the
  /// transaction: the statements, and then what they found. Before anything is added.
  void ask_for(const request& what);
  void load(std::vector<step>& out) const;
  void loaded(const std::vector<row_set>& found, std::size_t first);

private:
  verdict judge(const shard_transaction& tx, commit_result& result);
  verdict judge(const shard_update& update, commit_result& result);
  verdict judge(const task_list_transaction& tx, commit_result& result);

  [[nodiscard]] verdict judge_current(const shard_transaction& tx, commit_result& result);
  [[nodiscard]] verdict judge_runs(const shard_transaction& tx, commit_result& result);
  [[nodiscard]] verdict judge_trees(const shard_transaction& tx, commit_result& result);
  [[nodiscard]] verdict judge_requests(const shard_transaction& tx, commit_result& result);

  void take_current(const shard_transaction& tx);
  void take_runs(const shard_transaction& tx);
  void take_trees(const shard_transaction& tx);
  void take_tasks(const shard_transaction& tx);
  void take_drops(list_slot& list, const task_list_transaction& tx);

  // group_steps.cpp
  void write_shards(std::vector<step>& out) const;
  void write_currents(std::vector<step>& out) const;
  void write_runs(std::vector<step>& out) const;
  void write_pending(std::vector<step>& out) const;
  void write_trees(std::vector<step>& out) const;
  void write_history(std::vector<step>& out) const;
  void write_requests(std::vector<step>& out) const;
  void write_tasks(std::vector<step>& out) const;
  void write_lists(std::vector<step>& out) const;

  std::map<int, bool> locks_; ///< of shards, before anything is read: true for one that is moved
  std::map<int, fenced_slot> shards_;
  std::map<of_shard<workflow_key>, current_slot> currents_;
  std::map<of_shard<run_key>, run_slot> runs_;
  std::map<of_shard<uuid>, tree_slot> trees_;
  std::map<of_shard<request_id>, request_slot> requests_;
  std::map<task_list_key, list_slot> lists_;
  std::map<node_id, std::string_view> nodes_;
  std::map<task_id, std::optional<std::string_view>> transfer_; ///< nothing: the row goes
  std::map<timer_id, std::optional<std::string_view>> timers_;
  std::map<task_id, std::optional<std::string_view>> replication_;
  std::map<listed_id, const listed_run*> listed_; ///< of several changes of a run the newest
  bool writes_ = false;
};

} // namespace cadenza::storage::sql
