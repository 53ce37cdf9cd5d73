#pragma once

#include "bridge/base/error_mapping.hpp"
#include "bridge/base/health.hpp"
#include "bridge/handlers/method_table.hpp"
#include "bridge/rpc/rpc_metrics.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/async_generic_service.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

namespace cadenza::bridge {

class rpc;

/// Calls that wait for what may never come, so that a draining server can let go of them. Any thread.
class hanging_list {
public:
  void add(rpc& call);
  /// False: it was not there.
  bool remove(rpc& call);
  /// Lets go of every poll: each is answered empty once the engine has dropped it.
  void expire_all();
  /// Answers every call with an error.
  void refuse_all(const wire_status& reason);

private:
  [[nodiscard]] std::vector<boost::intrusive_ptr<rpc>> all();

  static constexpr std::size_t shards_count = 8;
  struct alignas(64) shard {
    std::mutex lock;
    rpc* first = nullptr;
  };
  shard& shard_of(const rpc& call);

  std::array<shard, shards_count> shards_;
};

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

/// What all RPCs of one server share. Outlives them.
struct rpc_core {
  rpc_core(services& s, health_board& h, metrics::registry& registry)
    : with(s), health(h), table(full_method_table()), meters(registry, table) {}

  services& with;
  health_board& health;
  const method_table table;
  rpc_metrics meters;
  hanging_list hanging; ///< polls
  hanging_list asking;  ///< calls that only another call, of a worker, can end
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
