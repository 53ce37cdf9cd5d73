#include "bridge/rpc/wire_server.hpp"

namespace cadenza::bridge {

wire_server::wire_server(call_core& calls, const net::settings& how, metrics::registry& registry)
  : shared_{calls, heavy_, how.message_bytes_max}, tchannel_shared_{calls, heavy_, {}}, page_(calls.health),
    server_(how, registry, "rpc") {}

wire_server::~wire_server() { stop(std::chrono::milliseconds(0)); }

outcome<wire_ports> wire_server::start(const std::string& host, const wire_ports& wanted) {
  wire_ports out;
  if (wanted.grpc) {
    if (auto good = net::check_nghttp2(); !good)
      return good.error();
    const auto port = server_.listen(host, *wanted.grpc, {&h2_});
    if (!port)
      return port.error();
    out.grpc = *port;
  }
  if (wanted.tchannel) {
    const auto port = server_.listen(host, *wanted.tchannel, {&tchannel_, &http_});
    if (!port)
      return port.error();
    out.tchannel = *port;
    tchannel_shared_.host_port = host + ":" + std::to_string(*port);
  }
  if (auto started = server_.start(); !started)
    return started.error();
  return out;
}

void wire_server::stop(std::chrono::milliseconds grace) { server_.stop(grace); }

} // namespace cadenza::bridge
