#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace cadenza::bridge::net {

/// A thread for what would hold up a loop: inflating, and reading messages of many megabytes. It comes second where the
/// processor is short. What waits here is bounded by whoever gives it.
class worker {
public:
  worker();
  ~worker(); ///< does what was given, then ends
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  /// Any thread.
  void run(std::function<void()> what);

private:
  void work();

  std::mutex lock_;
  std::condition_variable told_;
  std::deque<std::function<void()>> waiting_;
  bool ending_ = false;
  std::thread thread_;
};

} // namespace cadenza::bridge::net
