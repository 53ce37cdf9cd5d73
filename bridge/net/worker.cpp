#include "bridge/net/worker.hpp"

#include <pthread.h>
#include <sys/resource.h>

namespace cadenza::bridge::net {

worker::worker(const char* name, int threads, int niceness) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this, niceness] { work(niceness); });
    pthread_setname_np(threads_.back().native_handle(), name);
  }
}

worker::~worker() {
  {
    const std::lock_guard guard(lock_);
    ending_ = true;
  }
  told_.notify_all();
  for (auto& thread : threads_)
    thread.join();
}

void worker::run(std::function<void()> what) {
  {
    const std::lock_guard guard(lock_);
    waiting_.push_back(std::move(what));
  }
  told_.notify_one();
}

std::size_t worker::waiting() {
  const std::lock_guard guard(lock_);
  return waiting_.size();
}

void worker::work(int niceness) {
  ::setpriority(PRIO_PROCESS, 0, niceness); // on Linux: of this thread
  std::unique_lock guard(lock_);
  while (true) {
    told_.wait(guard, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty())
      return;
    {
      const auto next = std::move(waiting_.front());
      waiting_.pop_front();
      guard.unlock();
      next();
    } // what it holds goes before the next is looked for
    guard.lock();
  }
}

} // namespace cadenza::bridge::net
