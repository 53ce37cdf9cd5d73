#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace cadenza::chaos {

/// Runs functions at later times, one after the other on a thread of its own. What is left when it ends is dropped.
class alarms {
public:
  alarms() : thread_([this] { run(); }) {}
  ~alarms() {
    {
      const std::lock_guard guard(mutex_);
      stop_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  alarms(const alarms&) = delete;
  alarms& operator=(const alarms&) = delete;

  void after(std::chrono::milliseconds delay, std::function<void()> what) {
    {
      const std::lock_guard guard(mutex_);
      waiting_.emplace(std::chrono::steady_clock::now() + delay, std::move(what));
    }
    changed_.notify_one();
  }

private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!stop_) {
      if (waiting_.empty()) {
        changed_.wait(lock);
        continue;
      }
      const auto due = waiting_.begin()->first;
      if (due > std::chrono::steady_clock::now()) {
        changed_.wait_until(lock, due);
        continue;
      }
      const auto what = std::move(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
      lock.unlock();
      what();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> waiting_;
  bool stop_ = false;
  std::thread thread_; ///< last: begins when all else is there
};

} // namespace cadenza::chaos
