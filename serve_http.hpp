#pragma once

#include "actors/engine.hpp"
#include "bridge/health.hpp"
#include "config/dynamic.hpp"
#include "config/metrics.hpp"
#include "config/server_config.hpp"
#include "serve_store.hpp"

#include <memory>

namespace cadenza {

/// The HTTP side of a server: health, metrics, and what operators need beyond the contract (actors, backups, the keys of the dynamic configuration).
class admin_http {
public:
  admin_http(const config::server_config& c, actors::engine& engine, const bridge::health_board& health,
             const metrics::registry& registry, open_store& stores, const config::dynamic_config& dynamic);
  ~admin_http();

  /// Listens; gives the port.
  [[nodiscard]] outcome<int> start();
  void stop();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace cadenza
