#pragma once

#include "messages/invariant.hpp"

#include <caf/actor.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace cadenza::actors {

/// Stands for a stored queue task of a history shard (or a task of a task list's backlog) while somebody carries it
/// out. When every part of the work called done(), the owner is told that the task is over and may forget it. When the
/// last holder lets go before that (an actor died, a request was refused), the owner is told to try again. So no task
/// is ever lost in a mailbox.
///
/// Threads: any. The owner gets a `task_over` message.
class task_receipt {
public:
  /// `parts`: how many calls of done() it takes.
  task_receipt(caf::actor owner, bool timer, std::int64_t fire_ns, std::int64_t task_id, int parts = 1)
    : owner_(std::move(owner)), timer_(timer), fire_ns_(fire_ns), task_id_(task_id), parts_(parts) {
    CADENZA_ASSERT(parts > 0, "a task has something to be done; task " + std::to_string(task_id));
  }
  ~task_receipt();
  task_receipt(const task_receipt&) = delete;
  task_receipt& operator=(const task_receipt&) = delete;

  void done() {
    const auto left = parts_.fetch_sub(1, std::memory_order_acq_rel);
    CADENZA_ASSERT(left > 0, "a part of a task's work is done once; task " + std::to_string(task_id_));
  }

  /// Says that what the task needs is broken, not just busy or dead: the owner tries again after growing pauses.
  void broken() { broken_.store(true, std::memory_order_release); }

  [[nodiscard]] std::int64_t task_id() const { return task_id_; }

private:
  caf::actor owner_;
  const bool timer_;
  const std::int64_t fire_ns_;
  const std::int64_t task_id_;
  std::atomic<int> parts_;
  std::atomic<bool> broken_{false};
};

using receipt_ptr = std::shared_ptr<task_receipt>;

/// What a receipt tells its owner when it ends.
struct task_over {
  bool timer = false;
  std::int64_t fire_ns = 0;
  std::int64_t task_id = 0;
  bool done = false;   ///< else: try again later
  bool broken = false; ///< not done, because what it needs is broken
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::task_over)
