#include "bridge/net/worker.hpp"

#include <pthread.h>
#include <sys/resource.h>

namespace cadenza::bridge::net {

namespace {
constexpr int niceness = 5; // about a third of what a loop gets when both want the same core
}

worker::worker() : thread_([this] { work(); }) { pthread_setname_np(thread_.native_handle(), "net-worker"); }

worker::~worker() {
  {
    const std::lock_guard guard(lock_);
    ending_ = true;
  }
  told_.notify_one();
  thread_.join();
}

void worker::run(std::function<void()> what) {
  {
    const std::lock_guard guard(lock_);
    waiting_.push_back(std::move(what));
  }
  told_.notify_one();
}

void worker::work() {
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
