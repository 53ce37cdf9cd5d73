#pragma once

#include <chrono>
#include <cstdint>

namespace cadenza::config {

/// Every bound of the network layer: the options `network.*`, whose meaning docs/configuration.md tells, with the
/// values that they have when nothing is said. Each has a count of what it refused (`cadenza_net_refused_total`).
struct network_config {
  using duration = std::chrono::nanoseconds;

  int loops = 0; ///< 0: one for two cores

  int connections_max = 10'000;
  int connections_per_address_max = 1'000;
  int connects_per_address = 200; ///< a second, on average; as many as `connections_per_address_max` at once
  int calls_max = 100'000;        ///< under way, of all connections
  int calls_per_address_max = 50'000;
  int calls_per_connection_max = 4'096;

  std::int64_t message_bytes_max = 64 << 20;           ///< `services.frontend.rpc.grpcMaxMsgSize`
  std::int64_t http_body_bytes_max = 1 << 20;          ///< of a request over HTTP
  std::int64_t header_bytes_max = 16 << 10;            ///< of one request, as HTTP/2 counts them
  std::int64_t request_bytes_max = 256 << 20;          ///< memory for requests that are arriving, of all connections
  std::int64_t request_bytes_per_connection = 4 << 20; ///< of those whose memory is not set aside; then it waits
  std::int64_t answer_bytes_max = 256 << 20;           ///< memory for answers not yet taken, of all connections
  std::int64_t answer_bytes_per_connection = 16 << 20; ///< beyond it no further request of the connection begins

  duration handshake_timeout = std::chrono::seconds(10);  ///< from the connection to the protocol's first words
  duration header_timeout = std::chrono::seconds(10);     ///< for one frame, or the headers of one request
  duration request_timeout = std::chrono::seconds(60);    ///< from the headers to the end of the body
  duration write_timeout = std::chrono::seconds(20);      ///< a client that takes nothing of its answers for so long
  duration idle_timeout = std::chrono::minutes(30);       ///< without calls; 0: never
  duration keepalive_interval = std::chrono::seconds(60); ///< a silent client is asked whether it lives; 0: never
  duration keepalive_timeout = std::chrono::seconds(20);

  int resets_burst = 1'000; ///< calls that are taken back at once
  int resets_per_second = 100;
  int control_frames_burst = 1'000; ///< frames that carry nothing
  int control_frames_per_second = 100;
  duration offender_hold = std::chrono::seconds(5); ///< how long a connection that was refused is kept, unread

  bool operator==(const network_config&) const = default;
};

} // namespace cadenza::config
