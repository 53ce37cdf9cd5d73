#pragma once

#include "bridge/net/h2_session.hpp"
#include "bridge/net/server.hpp"
#include "bridge/net/worker.hpp"
#include "bridge/rpc/grpc_front.hpp"

#include <chrono>
#include <string>

namespace cadenza::bridge {

/// The ports through which clients of the contract come, on this server's own network layer.
///
/// Threads: the layer's loops, and one for what would hold them up. Lifetime: what is given to the constructor must
/// outlive it. Call objects may outlive `stop`, but not the server.
class wire_server {
public:
  wire_server(call_core& calls, const net::settings& how, metrics::registry& registry);
  ~wire_server(); ///< stops
  wire_server(const wire_server&) = delete;
  wire_server& operator=(const wire_server&) = delete;

  /// Listens for gRPC and serves; gives the port. Once only.
  [[nodiscard]] outcome<int> start(const std::string& host, int grpc_port);

  /// Takes no new call, lets those under way finish for up to `grace`, then answers them with UNAVAILABLE. Returns when
  /// all is over.
  void stop(std::chrono::milliseconds grace);

private:
  grpc_shared shared_;
  grpc_front grpc_{shared_};
  net::h2_front h2_{grpc_};
  net::server server_;
  net::worker heavy_{"net-worker", 1, 5}; // goes first: what it has begun ends while there are loops
};

} // namespace cadenza::bridge
