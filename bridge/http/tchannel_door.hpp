#pragma once

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <thread>

namespace cadenza::bridge {

/// Stands where TChannel clients knock, to tell them and the log that this server speaks gRPC: the `cadence` command
/// line does so unless told otherwise. Each peer is logged once; every connection is closed at once, a TChannel one
/// with an error that its user sees.
///
/// Threads: one of its own.
class tchannel_door {
public:
  /// `grpc_port` is what peers are told to use.
  tchannel_door(std::string host, int grpc_port) : host_(std::move(host)), grpc_port_(grpc_port) {}
  ~tchannel_door(); ///< stops
  tchannel_door(const tchannel_door&) = delete;
  tchannel_door& operator=(const tchannel_door&) = delete;

  /// Listens; 0 means any free port. The port, or 0 when it cannot be had: then there is no door, which harms nobody.
  int open(int port);

  [[nodiscard]] std::int64_t visitors() const { return visitors_.load(); }

private:
  void run();
  void answer(int peer);

  const std::string host_;
  const int grpc_port_;
  int listener_ = -1;
  int stop_ = -1;
  std::set<std::string> known_; ///< peers that the log has
  std::atomic<std::int64_t> visitors_{0};
  std::thread thread_;
};

/// The frame that refuses a TChannel handshake; `request` is what the client sent first. Empty when that is no
/// TChannel.
[[nodiscard]] std::string refuse_tchannel(const std::string& request, const std::string& message);

} // namespace cadenza::bridge
