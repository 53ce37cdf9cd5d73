#pragma once

#include "bridge/base/health.hpp"
#include "bridge/handlers/rpc_context.hpp"
#include "bridge/net/settings.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace cadenza::metrics {
class registry;
}

namespace cadenza::bridge {

/// How the server listens.
struct rpc_options {
  std::string host = "127.0.0.1";
  int port = 7833;        ///< 0: any free one
  int tchannel_port = -1; ///< 0: any free one; -1: none
  net::settings network;
};

/// The server of the contract: every RPC over gRPC, in Protobuf or in Thrift, and over TChannel; gRPC's health and
/// reflection.
///
/// Threads: its own few for events; handlers run on them and answers come from any thread. Lifetime: what is given to
/// the constructor must outlive it. Call objects may outlive `stop`, but not the server: their answers go nowhere then.
class rpc_server {
public:
  rpc_server(rpc_context& context, health_board& health, metrics::registry& registry);
  ~rpc_server(); ///< stops
  rpc_server(const rpc_server&) = delete;
  rpc_server& operator=(const rpc_server&) = delete;

  /// Listens and serves; gives the port of gRPC. Fails when an address cannot be bound. Once only.
  [[nodiscard]] outcome<int> start(const rpc_options& options);
  /// Of TChannel; 0: it is not open.
  [[nodiscard]] int tchannel_port() const;

  /// Health says NOT_SERVING, new polls are answered empty, and those that wait are let go of: their clients get an
  /// empty answer as soon as the engine has dropped them. Queries, which no worker will answer any more, are refused.
  /// Everything else goes on.
  void drain();

  /// Takes no new connection and refuses new RPCs (UNAVAILABLE), lets those under way finish for up to `grace`, then
  /// ends all connections, which clients see as UNAVAILABLE too. Returns when all is over.
  void stop(std::chrono::milliseconds grace = std::chrono::seconds(2));

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace cadenza::bridge
