#pragma once

#include "bridge/base/health.hpp"
#include "bridge/handlers/method_table.hpp"
#include "bridge/rpc/rpc_metrics.hpp"

#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/async_generic_service.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

namespace cadenza::bridge {

class rpc;

/// Polls that wait, so that a draining server can let go of them. Any thread.
class hanging_list {
public:
  void add(rpc& poll);
  void remove(rpc& poll);
  /// Lets go of every poll: each is answered empty once the engine has dropped it.
  void expire_all();

private:
  static constexpr std::size_t shards_count = 8;
  struct alignas(64) shard {
    std::mutex lock;
    rpc* first = nullptr;
  };
  shard& shard_of(const rpc& poll);

  std::array<shard, shards_count> shards_;
};

/// What all RPCs of one server share. Outlives them.
struct rpc_core {
  rpc_core(services& s, health_board& h, metrics::registry& registry)
    : with(s), health(h), table(full_method_table()), meters(registry, table) {}

  services& with;
  health_board& health;
  const method_table table;
  rpc_metrics meters;
  hanging_list hanging;
  grpc::AsyncGenericService generic;
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
