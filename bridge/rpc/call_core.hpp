#pragma once

#include "bridge/base/health.hpp"
#include "bridge/handlers/method_table.hpp"
#include "bridge/rpc/rpc_metrics.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <array>
#include <cstddef>
#include <mutex>
#include <vector>

namespace cadenza::bridge {

class inbound_call;

/// Calls that wait for what may never come, so that a draining server can let go of them. Any thread.
class hanging_list {
public:
  void add(inbound_call& call);
  /// False: it was not there.
  bool remove(inbound_call& call);
  /// Lets go of every poll: each is answered empty once the engine has dropped it.
  void expire_all();
  /// Answers every call with an error.
  void refuse_all(const error& reason);

private:
  [[nodiscard]] std::vector<boost::intrusive_ptr<inbound_call>> all();

  static constexpr std::size_t shards_count = 8;
  struct alignas(64) shard {
    std::mutex lock;
    inbound_call* first = nullptr;
  };
  shard& shard_of(const inbound_call& call);

  std::array<shard, shards_count> shards_;
};

/// What all calls of one server share, whatever protocol brings them. Outlives them.
struct call_core {
  call_core(rpc_context& s, health_board& h, metrics::registry& registry)
    : context(s), health(h), table(full_method_table()), meters(registry, table) {}

  rpc_context& context;
  health_board& health;
  const method_table table;
  rpc_metrics meters;
  hanging_list hanging; ///< polls
  hanging_list asking;  ///< calls that only another call, of a worker, can end
};

} // namespace cadenza::bridge
