#pragma once

#include "actors/base/restart_backoff.hpp"
#include "actors/base/supervised.hpp"
#include "actors/nodes/cluster_view.hpp"
#include "actors/runs/shard_mail.hpp"

#include <unordered_map>
#include <vector>

namespace cadenza::actors {

/// What the shard owner does for one shard.
struct start_shard {
  int index = 0;
};
/// A shard that was placed elsewhere has had its time to finish.
struct end_shard {
  int index = 0;
  caf::actor_addr which;
};
/// There is another view of the cluster.
struct placement_changed {};

/// A shard that moves from one living node to another is nobody's for this long: the old owner finishes what it has
/// begun, the new one waits. Range ids settle what this does not.
inline constexpr std::int64_t hand_over_ns = 150'000'000;

/// Holds the history shards of this node and watches over them: a shard that dies is made again, after a growing pause,
/// and takes a higher range id. Through the shards it watches over the runs.
///
/// With a view of a cluster it holds those shards only that are placed on this node, and follows it: a shard that is
/// placed elsewhere takes no more requests, finishes what it has begun and ends; one that comes from a living node is
/// begun when that has had its time, one of a dead node at once.
///
/// Death: the shards die with it; the node makes it anew, and it takes all of them again.
class shard_owner final : public supervised_actor {
public:
  /// `views` null: all shards are here. It must outlive the actor.
  shard_owner(caf::actor_config& cfg, const actor_context& env, const cluster_views* views = nullptr);

  const char* name() const override { return "shard_owner"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  void start(int index);
  void give_up(int index);
  void follow();
  [[nodiscard]] bool is_placed_here(int index) const;

  const actor_context& env_;
  const cluster_views* const views_;
  cluster_view_ptr view_; ///< that was followed last; null without a cluster
  std::vector<caf::actor> shards_;
  std::vector<restart_backoff> backoff_;
  std::unordered_map<caf::actor_addr, int> by_address_;
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::start_shard)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::end_shard)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::placement_changed)
