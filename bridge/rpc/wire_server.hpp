#pragma once

#include "bridge/net/h2_session.hpp"
#include "bridge/net/server.hpp"
#include "bridge/net/worker.hpp"
#include "bridge/rpc/grpc_front.hpp"
#include "bridge/rpc/health_page.hpp"
#include "bridge/rpc/tchannel_session.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace cadenza::bridge {

/// Ports by protocol; 0: any free one, nothing: not open.
struct wire_ports {
  std::optional<int> grpc;
  std::optional<int> tchannel;
};

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

  /// Listens and serves; gives the ports. Once only.
  [[nodiscard]] outcome<wire_ports> start(const std::string& host, const wire_ports& wanted);

  /// Takes no new call, lets those under way finish for up to `grace`, then answers them with UNAVAILABLE. Returns when
  /// all is over.
  void stop(std::chrono::milliseconds grace);

private:
  grpc_shared shared_;
  grpc_front grpc_{shared_};
  net::h2_front h2_{grpc_};
  tchannel_shared tchannel_shared_;
  tchannel_front tchannel_{tchannel_shared_};
  health_page page_;
  net::http1_front http_{page_};
  net::server server_;
  net::worker heavy_{"net-worker", 1, 5}; // goes first: what it has begun ends while there are loops
};

} // namespace cadenza::bridge
