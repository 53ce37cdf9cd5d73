#pragma once

#include "actors/matching/matching_mail.hpp"

#include <memory>

namespace cadenza::actors {

/// Starts tasks and puts queries in the runs that made them. Matching knows no more of runs than this.
class task_starter {
public:
  virtual ~task_starter() = default;

  /// Has the task's run start it for `poll` and answer the poll with it; returns at once. However it ends, `list` is
  /// sent one `dispatch_over`. Any thread.
  virtual void start(list_task_ptr task, list_poll_ptr poll, caf::actor list) const = 0;

  /// Has the query's run answer the poll with the query, and with its history unless the query is sticky; returns at
  /// once. The worker's answer will come back to the list named `list`. Any thread.
  virtual void ask(list_query_ptr query, list_poll_ptr poll, const std::string& list) const = 0;
};
using task_starter_ptr = std::shared_ptr<const task_starter>;

} // namespace cadenza::actors
