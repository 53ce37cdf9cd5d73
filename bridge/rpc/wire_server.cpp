#include "bridge/rpc/wire_server.hpp"

namespace cadenza::bridge {

wire_server::wire_server(call_core& calls, const net::settings& how, metrics::registry& registry)
  : shared_{calls, heavy_, how.message_bytes_max}, server_(how, registry, "rpc") {}

wire_server::~wire_server() { stop(std::chrono::milliseconds(0)); }

outcome<int> wire_server::start(const std::string& host, int grpc_port) {
  if (auto good = net::check_nghttp2(); !good)
    return good.error();
  auto port = server_.listen(host, grpc_port, {&h2_});
  if (!port)
    return port;
  if (auto started = server_.start(); !started)
    return started.error();
  return port;
}

void wire_server::stop(std::chrono::milliseconds grace) { server_.stop(grace); }

} // namespace cadenza::bridge
