#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/other_clusters.hpp"
#include "actors/base/troubles.hpp"
#include "actors/nodes/cluster_view.hpp"
#include "actors/nodes/links.hpp"
#include "replication/clusters.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>

namespace caf {
class actor_system;
}

namespace cadenza::actors {

struct cluster_links_options {
  std::map<std::string, std::string> addresses; ///< host:port of the other clusters' links, by their names
  std::int64_t incarnation = 1;                 ///< of this process; not 0
  link_bounds bounds = bounds_of_clusters();
  std::int64_t beat_ns = 1'000'000'000;
  std::int64_t silence_ns = 5'000'000'000; ///< a cluster that says nothing for this long is taken for gone

  /// Tighter than between nodes: what the other side does, 64 MiB each way is all that waits here. More is on its way
  /// at once: the other cluster may be far away.
  [[nodiscard]] static link_bounds bounds_of_clusters();
};

/// The other clusters over links as nodes have them: one to each, for requests of this cluster, and a hall where theirs
/// come in. A link dials until it is there, and again when it is lost, whichever process of that cluster answers.
///
/// Used in this order: `begin`, `stop`, both once; nothing is asked before. Whoever is none of the group is refused.
/// Everything given must outlive it. Thread-safe.
class cluster_links final : public other_clusters {
public:
  /// `hall` takes what is to stand at the port for other clusters, each time there is another; any thread.
  cluster_links(caf::actor_system& system, clock& time, link_transport& transport, log::sink log,
                replication::cluster_group group, cluster_links_options options, std::function<void(caf::actor)> hall);
  ~cluster_links() override; ///< stops
  cluster_links(const cluster_links&) = delete;
  cluster_links& operator=(const cluster_links&) = delete;

  [[nodiscard]] bool any() const override { return true; }
  [[nodiscard]] const replication::cluster_group& group() const override { return group_; }
  /// UNAVAILABLE at once when the cluster is not reached, or when the connection breaks before it answers: nobody knows
  /// then whether it was carried out. SERVICE_BUSY when too much waits for it.
  void ask(const std::string& cluster, std::uint32_t kind, std::string bytes, bool waits, call_ptr call) override;

  /// Links are made; what other clusters ask is handed to `serve`, until `stop`.
  void begin(cluster_handler serve);
  /// Links end, what waits for answers is told UNAVAILABLE.
  void stop();
  /// Which other clusters there are, and whether each is reached over an open link.
  [[nodiscard]] std::map<std::string, bool> reached() const;

private:
  void serve(const std::string& from, std::uint32_t kind, std::string bytes, call_ptr call) const;
  void note(const link_event& event);

  caf::actor_system& system_;
  link_transport& transport_;
  const replication::cluster_group group_;
  const std::function<void(caf::actor)> hall_;
  troubles wrong_;
  engine_counters counters_;
  actor_context env_;
  cluster_views views_; ///< the clusters, as if each were a node
  node_links links_;
  link_options link_options_;
  cluster_handler serve_;
  caf::actor root_;
  mutable std::mutex mutex_;
  std::set<std::string> open_; ///< under the mutex: names of the clusters that are reached
};

} // namespace cadenza::actors
