#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cadenza::storage::rocks {

/// A few threads that carry out reads in the order in which they came.
class reader_pool {
public:
  reader_pool(int threads, std::size_t queued_max);
  ~reader_pool();

  /// Any thread. `task` runs once: with true on a reader's thread, or at once with false when the queue is full or the
  /// pool stopped.
  void submit(std::function<void(bool accepted)> task);

  /// Refuses what comes and returns when every task has run. Not from a task.
  void stop();

private:
  void run();

  std::size_t queued_max_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void(bool)>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

} // namespace cadenza::storage::rocks
