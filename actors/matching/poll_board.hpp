#pragma once

#include "actors/matching/poll_queue.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <shared_mutex>

namespace cadenza::actors {

/// Where runs find the waiting polls of every task list in memory. A run that makes a task takes a poll here and writes
/// the task's start in the same commit as the task: two commits and two messages fewer than over the task list.
///
/// A list that lives posts its queue; whether runs may take from it is the list's business (`poll_queue::open`). Any
/// thread. Nothing here outlives the process or has to.
class poll_board {
public:
  using queue_ptr = std::shared_ptr<poll_queue>;

  /// The queue of a list, in place of what an earlier incarnation posted.
  void post(const storage::task_list_key& list, queue_ptr queue);
  /// Takes a queue off, unless another incarnation has posted its own by now.
  void remove(const storage::task_list_key& list, const queue_ptr& queue);

  /// While tasks are limited they are counted on their way over the matching owner: runs may have no poll.
  void limit(bool limited) { limited_.store(limited, std::memory_order_relaxed); }

  /// The longest waiting poll of a list, if runs may have it; null: the task must go over the list.
  [[nodiscard]] list_poll_ptr take(const storage::task_list_key& list) const;

private:
  std::atomic<bool> limited_{false};
  mutable std::shared_mutex mutex_; // guards what follows
  std::map<storage::task_list_key, queue_ptr> queues_;
};

} // namespace cadenza::actors
