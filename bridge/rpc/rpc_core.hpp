#pragma once

#include "bridge/rpc/call_core.hpp"

#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/async_generic_service.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace cadenza::bridge {

/// Counts calls from their arrival to the moment when their answer is out. Any thread; one waits.
class calls_under_way {
public:
  void begin() { count_.fetch_add(1); }
  void end() {
    if (count_.fetch_sub(1) == 1 && awaited_.load()) {
      const std::lock_guard guard(lock_);
      none_.notify_all();
    }
  }
  /// False: some are left when the time is up.
  bool wait_for_none(std::chrono::milliseconds longest) {
    awaited_ = true;
    std::unique_lock guard(lock_);
    return none_.wait_for(guard, longest, [this] { return count_.load() == 0; });
  }

private:
  std::atomic<std::int64_t> count_{0};
  std::atomic<bool> awaited_{false};
  std::mutex lock_;
  std::condition_variable none_;
};

/// What all RPCs of one gRPC C++ server share. Outlives them.
struct rpc_core {
  explicit rpc_core(call_core& c) : calls(c) {}

  call_core& calls;
  grpc::AsyncGenericService generic;
  calls_under_way under_way;         ///< streams are not counted
  std::atomic<bool> refusing{false}; ///< calls that arrive are told to come again
  std::atomic<bool> stopping{false}; ///< no further RPC is asked for
  std::atomic<std::int64_t> live{0}; ///< RPCs that may still start operations on a queue

  void leave() {
    if (live.fetch_sub(1, std::memory_order_acq_rel) == 1)
      live.notify_all();
  }
  void wait_until_idle() {
    for (auto n = live.load(std::memory_order_acquire); n != 0; n = live.load(std::memory_order_acquire))
      live.wait(n, std::memory_order_acquire);
  }
};

} // namespace cadenza::bridge
