#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/cluster_news.hpp"
#include "actors/base/troubles.hpp"
#include "actors/engine/local_engine.hpp"
#include "actors/nodes/linked_nodes.hpp"
#include "actors/nodes/membership.hpp"
#include "actors/nodes/routed_engine.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace cadenza::actors {

struct cluster_node_options {
  std::string cluster; ///< nodes of other clusters are refused
  node_card card;      ///< of this node
  int shard_count = 0;
  bool waits = false; ///< until `enter` it is a member without roles, which is given nothing
  std::int64_t renew_ns = 1'000'000'000;
  std::int64_t margin_ns = 1'000'000'000;
  link_bounds bounds;
  std::int64_t beat_ns = 1'000'000'000;
  std::int64_t silence_ns = 5'000'000'000;
};

/// Makes the engine of a process one of several: keeps it a member of the cluster, links it to the others, has it hold
/// the shards and task lists that are placed on it, and finds all others.
///
/// Used in this order: `tie` the options of the engine, `join` with the engine, `begin`; at the end `leave`, then
/// `stop`, both before the engine stops. Everything given must outlive it.
class cluster_node {
public:
  /// `hall` takes what is to stand at the node's port, each time there is another.
  cluster_node(caf::actor_system& system, storage::store& store, clock& time, link_transport& transport, log::sink log,
               cluster_node_options options, std::function<void(caf::actor)> hall);
  ~cluster_node();
  cluster_node(const cluster_node&) = delete;
  cluster_node& operator=(const cluster_node&) = delete;

  /// What the engine is to know of the cluster. It calls itself by the name of its card from then on.
  void tie(engine_options& options);
  void join(local_engine& local);
  /// Becomes a member as soon as it can. After the engine has begun.
  void begin();
  /// Whether every other member is reached over a link.
  [[nodiscard]] bool linked() const;
  [[nodiscard]] std::size_t open_links() const;
  /// A node that `waits` gets its roles, and its share. Any thread.
  void enter();
  /// From here on this node is given nothing, and what it has goes to others; `done`, once that is stored. Any thread.
  void drain(std::function<void()> done);
  /// Ends membership; `done` once the lease is dropped. Any thread.
  void leave(std::function<void()> done);
  /// Links end, what waits for other nodes is told UNAVAILABLE.
  void stop();

  /// The engine that finds runs wherever they are. After `join`.
  [[nodiscard]] engine& whole() { return *whole_; }
  [[nodiscard]] cluster_view_ptr view() const { return views_.get(); }

private:
  void serve(const std::string& from, std::uint32_t kind, std::string bytes, const call_ptr& call);
  void note(const link_event& event);
  void tell_who_has_gone(const cluster_view_ptr& view);

  caf::actor_system& system_;
  const cluster_node_options options_;
  link_transport& transport_;
  const std::function<void(caf::actor)> hall_;
  troubles wrong_;
  engine_counters counters_;
  actor_context env_;
  cluster_views views_;
  node_links links_;
  linked_nodes others_;
  cluster_view_ptr told_; ///< of the membership's thread
  link_options link_options_;
  local_engine* local_ = nullptr;
  std::unique_ptr<routed_engine> whole_;
  caf::actor root_;
  std::atomic<bool> entered_{false};
  mutable std::mutex mutex_;
  std::set<std::string> open_; ///< under the mutex: names of the nodes that are reached
};

} // namespace cadenza::actors
