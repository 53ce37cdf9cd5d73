#include "storage/rocksdb/readers.hpp"

#include "messages/invariant.hpp"

#include <pthread.h>

#include <algorithm>

namespace cadenza::storage::rocks {

reader_pool::reader_pool(int threads, std::size_t queued_max) : queued_max_(queued_max) {
  for (int i = 0; i < std::max(threads, 1); ++i) {
    auto& thread = threads_.emplace_back([this] { run(); });
    pthread_setname_np(thread.native_handle(), "store-read");
  }
}

reader_pool::~reader_pool() { stop(); }

void reader_pool::submit(std::function<void(bool)> task) {
  CADENZA_ASSERT(task, "a reader is given something to do");
  bool accepted = false;
  {
    const std::lock_guard guard(mutex_);
    if (!stopping_ && queue_.size() < queued_max_) {
      queue_.push_back(std::move(task));
      accepted = true;
    }
  }
  if (accepted)
    arrived_.notify_one();
  else
    task(false);
}

void reader_pool::stop() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  for (auto& thread : threads_)
    if (thread.joinable())
      thread.join();
}

void reader_pool::run() {
  for (;;) {
    std::function<void(bool)> task;
    {
      std::unique_lock guard(mutex_);
      arrived_.wait(guard, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty())
        return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task(true);
  }
}

} // namespace cadenza::storage::rocks
