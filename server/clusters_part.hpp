#pragma once

#include "actors/engine/local_engine.hpp"
#include "actors/nodes/caf_transport.hpp"
#include "actors/nodes/cluster_links.hpp"
#include "config/metrics.hpp"
#include "config/server_config.hpp"

#include <caf/actor_system.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cadenza {

/// How the links to other clusters use the network, by the configuration.
[[nodiscard]] actors::link_wire_options cluster_wire_of(const config::server_config& c);

/// What makes the server one of several clusters: the group that it belongs to, and the links to the others.
///
/// It is made before the engine and outlives it. In this order: `tie`, `join`, `open`, `begin`; at the end `stop`.
class clusters_part {
public:
  /// For a configuration with several clusters. Everything given must outlive it.
  clusters_part(const config::server_config& c, caf::actor_system& system, actors::clock& time,
                metrics::registry& registry);
  ~clusters_part(); ///< stops
  clusters_part(const clusters_part&) = delete;
  clusters_part& operator=(const clusters_part&) = delete;

  void tie(actors::engine_options& options) { options.clusters = &links_; }
  void join(actors::local_engine& local) { local_ = &local; }
  /// Opens the port for other clusters. An error says why it cannot.
  [[nodiscard]] outcome<void> open();
  /// Makes links to the others, and serves what they ask. After the engine has begun.
  void begin();
  /// What waits for other clusters is told UNAVAILABLE. Before the engine stops.
  void stop() { links_.stop(); }

  /// Whether each of the other clusters is reached.
  [[nodiscard]] std::map<std::string, bool> reached() const { return links_.reached(); }

private:
  const config::server_config& config_;
  actors::caf_transport transport_;
  actors::cluster_links links_;
  actors::local_engine* local_ = nullptr;
  std::vector<metrics::registry::callback_handle> shown_;
};

} // namespace cadenza
