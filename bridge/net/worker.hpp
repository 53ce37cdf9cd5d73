#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cadenza::bridge::net {

/// Threads for what would hold up a loop. What waits here is bounded by whoever gives it.
class worker {
public:
  /// `niceness`: how far they stand back where the processor is short; at 5 they get about a third of what others get.
  worker(const char* name, int threads, int niceness);
  ~worker(); ///< does what was given, then ends
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  /// Any thread.
  void run(std::function<void()> what);
  [[nodiscard]] std::size_t waiting(); ///< that no thread has begun

private:
  void work(int niceness);

  std::mutex lock_;
  std::condition_variable told_;
  std::deque<std::function<void()>> waiting_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

} // namespace cadenza::bridge::net
