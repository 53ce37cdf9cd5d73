#pragma once

#include "messages/records.hpp"
#include "storage/result.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cadenza::storage {

/// task_list_type: 0 decision, 1 activity.
struct task_list_key {
  uuid domain_id;
  std::string name;
  int type = 0;
  auto operator<=>(const task_list_key&) const = default;
};

/// Where a task list stands on the ring on which nodes share the lists: equal on every machine and for ever.
[[nodiscard]] std::uint32_t ring_position(const task_list_key& key);

/// A part of the ring: from ≤ position < to.
struct ring_range {
  std::uint64_t from = 0;
  std::uint64_t to = std::uint64_t{1} << 32;

  [[nodiscard]] bool contains(const task_list_key& key) const {
    const auto at = ring_position(key);
    return from <= at && at < to;
  }
};

struct backlog_row {
  std::int64_t task_id = 0;
  std::string value; ///< record.v1.BacklogTask
};

/// One atomic change of a task list. `expected_range_id` 0: the list must not exist yet.
struct task_list_transaction {
  task_list_key key;
  std::int64_t expected_range_id = 0;
  std::int64_t new_range_id = 0;
  std::optional<std::string> row; ///< record.v1.TaskListRow; absent: the stored row stays
  std::vector<backlog_row> append;
  std::int64_t delete_up_to = 0;        ///< drops tasks with ids ≤ this; 0: none
  std::vector<unreadable_range> keep{}; ///< of these, what stays all the same; in order
  bool delete_list = false;             ///< drops the list and all its tasks
};

/// Task lists and their backlogs. Commits of one list take effect, and are answered, in the order of their calls; those
/// of different lists in any.
class task_list_store {
public:
  virtual ~task_list_store() = default;

  virtual void commit(task_list_transaction tx, done<commit_result> cb) = 0;
  virtual void read_task_list(task_list_key key, done<read_result<std::string>> cb) = 0;
  /// Tasks with after < id ≤ up_to, in order.
  virtual void scan_tasks(task_list_key key, std::int64_t after, std::int64_t up_to, int limit,
                          done<page<backlog_row>> cb) = 0;
  /// The lists of a part of the ring, each once, in an order of the store's own.
  virtual void scan_task_lists(ring_range of, std::string page, int limit,
                               done<cadenza::storage::page<std::pair<task_list_key, std::string>>> cb) = 0;
};

} // namespace cadenza::storage
