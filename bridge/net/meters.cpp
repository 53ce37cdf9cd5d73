#include "bridge/net/meters.hpp"

namespace cadenza::bridge::net {

std::string_view name_of(refusal why) {
  switch (why) {
  case refusal::descriptors: return "descriptors";
  case refusal::connections: return "connections";
  case refusal::address_connections: return "address_connections";
  case refusal::address_connects: return "address_connects";
  case refusal::calls: return "calls";
  case refusal::address_calls: return "address_calls";
  case refusal::connection_calls: return "connection_calls";
  case refusal::message_bytes: return "message_bytes";
  case refusal::header_bytes: return "header_bytes";
  case refusal::request_bytes: return "request_bytes";
  case refusal::answer_bytes: return "answer_bytes";
  case refusal::connection_answer_bytes: return "connection_answer_bytes";
  case refusal::handshake_timeout: return "handshake_timeout";
  case refusal::header_timeout: return "header_timeout";
  case refusal::request_timeout: return "request_timeout";
  case refusal::write_timeout: return "write_timeout";
  case refusal::idle_timeout: return "idle_timeout";
  case refusal::keepalive_timeout: return "keepalive_timeout";
  case refusal::resets: return "resets";
  case refusal::control_frames: return "control_frames";
  case refusal::protocol: return "protocol";
  }
  return "protocol";
}

meters::meters(metrics::registry& registry, const std::string& server)
  : connections(registry.gauge(net_metric_table[0], {{"server", server}})),
    connections_total(registry.counter(net_metric_table[1], {{"server", server}})),
    calls(registry.gauge(net_metric_table[2], {{"server", server}})),
    request_bytes(registry.gauge(net_metric_table[3], {{"server", server}})),
    answer_bytes(registry.gauge(net_metric_table[4], {{"server", server}})),
    received(registry.counter(net_metric_table[5], {{"server", server}})),
    sent(registry.counter(net_metric_table[6], {{"server", server}})) {
  // All of them from the start: an alarm on one that has never refused anything is an alarm on zero, not on nothing.
  for (std::size_t i = 0; i < refusals_count; ++i)
    refused_[i] = &registry.counter(net_metric_table[7],
                                    {{"server", server}, {"limit", std::string(name_of(static_cast<refusal>(i)))}});
}

} // namespace cadenza::bridge::net
