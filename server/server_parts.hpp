#pragma once

#include "actors/base/system_sources.hpp"
#include "actors/base/workload.hpp"
#include "actors/engine/engine_metrics.hpp"
#include "actors/engine/local_engine.hpp"
#include "bridge/base/health.hpp"
#include "bridge/checks/stored_settings.hpp"
#include "bridge/handlers/rpc_context.hpp"
#include "bridge/http/http_server.hpp"
#include "bridge/rpc/server.hpp"
#include "config/dynamic.hpp"
#include "config/limit_warnings.hpp"
#include "config/server_config.hpp"
#include "server/clusters_part.hpp"
#include "server/node_part.hpp"
#include "server/serve_store.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <chrono>
#include <memory>

/// The parts of a server, in the order in which they are built. Each ends by its own destructor and knows only those
/// before it, which must outlive it.
namespace cadenza {

/// The dynamic configuration and what is made of it.
struct settings_part {
  explicit settings_part(metrics::registry& registry);

  config::dynamic_config dynamic;
  bridge::stored_settings stored;
  limit_warnings warnings;
  /// What the actors look up; the engine shares it.
  const std::shared_ptr<const actors::live_settings> live;
};

/// The actor tree over the stores. Its end lets go of every call that is still held: UNAVAILABLE.
struct engine_part {
  /// `how`: of `actors_of`.
  engine_part(const config::server_config& c, std::unique_ptr<caf::actor_system_config> how, settings_part& settings,
              open_store& stores, metrics::registry& registry);
  ~engine_part();

  /// The tree runs, a node becomes a member of its cluster, and a cluster is linked to the others of its group. An
  /// error says why others cannot reach it.
  [[nodiscard]] outcome<void> begin();
  /// Requests can be carried out.
  [[nodiscard]] bool ready() { return engine.ready() && (!node || node->belongs()); }
  /// What finds a run wherever it is.
  [[nodiscard]] actors::engine& whole() {
    if (node)
      return node->whole();
    return engine;
  }

  open_store& stores;
  const std::unique_ptr<caf::actor_system_config> system_config;
  caf::actor_system system;
  actors::system_clock time;
  actors::system_entropy chance;
  actors::workload work;
  const std::unique_ptr<node_part> node;         ///< null: the server is alone
  const std::unique_ptr<clusters_part> clusters; ///< null: the cluster is alone
  actors::local_engine engine;
  const std::vector<metrics::registry::callback_handle> gauges;
};

/// What clients reach: gRPC, HTTP, and where TChannel clients are told to use gRPC. Closed until `open`.
class front_part {
public:
  front_part(const config::server_config& c, settings_part& settings, engine_part& engine, metrics::registry& registry);
  ~front_part(); ///< closes at once

  /// Opens the ports. What fails leaves some of them open: to be destroyed then. `commit`: for `/version`.
  [[nodiscard]] outcome<void> open(const std::string& commit);

  /// From here on nobody is told to come here; everything is still served.
  void announce_end();
  /// Whoever waits for what may never come is answered; everything else goes on.
  void let_go();
  /// Takes nothing more, lets what is under way finish for so long, and lets go of the rest.
  void close(std::chrono::milliseconds grace);

  [[nodiscard]] bridge::health_board& health() { return health_; }
  [[nodiscard]] int grpc_port() const { return grpc_port_; } ///< 0: not open
  [[nodiscard]] int http_port() const { return http_port_; }
  [[nodiscard]] int tchannel_port() const { return rpc_.tchannel_port(); } ///< 0: not open

private:
  void apply_settings(const config::snapshot_ptr& now);
  void add_routes();

  const config::server_config& config_;
  settings_part& settings_;
  engine_part& engine_;
  bridge::health_board health_;
  bridge::rpc_context services_;
  bridge::rpc_server rpc_;
  bridge::http_server http_;
  config::dynamic_config::subscription subscription_;
  int grpc_port_ = 0;
  int http_port_ = 0;
};

} // namespace cadenza
