#pragma once

#include "actors/engine/cluster_node.hpp"
#include "actors/nodes/caf_transport.hpp"
#include "bridge/handlers/rpc_context.hpp"
#include "config/metrics.hpp"
#include "config/server_config.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <chrono>
#include <memory>
#include <vector>

namespace cadenza {

/// An actor system may be made of it; that of a node, or of one of several clusters, can speak to others. An error
/// names a file that cannot be used.
[[nodiscard]] outcome<std::unique_ptr<caf::actor_system_config>> actors_of(const config::server_config& c);

/// What makes the server one node of several: membership, links, and the engine that finds everything wherever it is.
///
/// It is made before the engine and outlives it. In this order: `tie`, `join`, `open`, `begin`; at the end `hand_over`,
/// `leave`, `stop`, each of which may be left out.
class node_part {
public:
  using milliseconds = std::chrono::milliseconds;

  /// Everything given must outlive it.
  node_part(const config::server_config& c, int shard_count, caf::actor_system& system, storage::store& store,
            actors::clock& time, metrics::registry& registry);
  ~node_part(); ///< stops

  void tie(actors::engine_options& options) { cluster_.tie(options); }
  void join(actors::local_engine& local);
  /// Opens the port for other nodes.
  [[nodiscard]] outcome<void> open();
  /// Becomes a member as soon as it can. After the engine has begun.
  void begin();

  [[nodiscard]] actors::engine& whole() { return cluster_.whole(); }
  [[nodiscard]] actors::cluster_view_ptr view() const { return cluster_.view(); }
  /// It is a member of the cluster that the others know and reach, and holds every shard that is placed on it. To be
  /// asked again and again until it is so: that takes its part in it.
  [[nodiscard]] bool belongs();
  /// The members, as DescribeCluster tells them.
  [[nodiscard]] std::vector<bridge::rpc_context::host> hosts() const;

  /// Gives away what it has, and returns when it is gone, nobody is there to take it, or after `patience`.
  void hand_over(milliseconds patience);
  /// Is no member any more when this returns, or after `patience`: then when its lease has run out.
  void leave(milliseconds patience);
  /// What waits for other nodes is told UNAVAILABLE. Before the engine stops.
  void stop() { cluster_.stop(); }

private:
  [[nodiscard]] bool may_enter(const actors::cluster_view& now) const;
  [[nodiscard]] bool holds_any() const;
  [[nodiscard]] bool is_placed_here() const;

  const config::node_config& config_;
  actors::caf_transport transport_;
  actors::cluster_node cluster_;
  actors::local_engine* local_ = nullptr;
  bool begun_ = false;
  bool entered_ = false;
  std::chrono::steady_clock::time_point enters_; ///< at the latest, whether others are reached or not
  std::chrono::steady_clock::time_point alone_;  ///< from then on it knows all that came with it
  std::vector<metrics::registry::callback_handle> shown_;
};

} // namespace cadenza
