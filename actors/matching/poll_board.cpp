#include "actors/matching/poll_board.hpp"

namespace cadenza::actors {

void poll_board::post(const storage::task_list_key& list, queue_ptr queue) {
  const std::unique_lock hold(mutex_);
  queues_.insert_or_assign(list, std::move(queue));
}

void poll_board::remove(const storage::task_list_key& list, const queue_ptr& queue) {
  const std::unique_lock hold(mutex_);
  const auto i = queues_.find(list);
  if (i != queues_.end() && i->second == queue)
    queues_.erase(i);
}

list_poll_ptr poll_board::take(const storage::task_list_key& list) const {
  if (limited_.load(std::memory_order_relaxed))
    return nullptr;
  queue_ptr queue;
  {
    const std::shared_lock hold(mutex_);
    const auto i = queues_.find(list);
    if (i == queues_.end() || !i->second->is_open())
      return nullptr;
    queue = i->second;
  }
  return queue->take_for_run();
}

} // namespace cadenza::actors
