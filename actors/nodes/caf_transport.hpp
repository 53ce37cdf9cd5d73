#pragma once

#include "actors/nodes/links.hpp"
#include "messages/outcome.hpp"

#include <cstdint>
#include <string>

namespace caf {
class actor_system;
class actor_system_config;
} // namespace caf

namespace cadenza::actors {

/// How links use the network. With certificates each side shows its own, and takes only one that the same authority has
/// signed; names in it are not compared. Without, nobody is asked who he is: the port must be out of reach of others.
struct link_wire_options {
  std::string certificate; ///< PEM files; all three, or none
  std::string key;
  std::string authority;
  std::int64_t heartbeat_ns = 1'000'000'000;
  std::int64_t silence_ns = 5'000'000'000; ///< a connection that says nothing for this long is closed
  int connect_timeout_ms = 2'000;

  [[nodiscard]] bool secret() const { return !authority.empty(); }
};

/// An actor system whose nodes may be linked is configured by this before it is made. An error names what of the
/// options cannot be used.
[[nodiscard]] outcome<void> prepare_links(caf::actor_system_config& config, const link_wire_options& options);

/// Links over CAF's network. An attempt to connect has a thread of its own while it lasts, at most a little longer than
/// the time-out. Outlives all links; ends before the actor system.
class caf_transport final : public link_transport {
public:
  caf_transport(caf::actor_system& system, link_wire_options options);
  ~caf_transport() override;
  caf_transport(const caf_transport&) = delete;
  caf_transport& operator=(const caf_transport&) = delete;

  /// The address under which other nodes know this one, when it is not that of `open`. Before the first link.
  void set_own_address(const std::string& address);
  /// Takes links of other nodes at `address`:`port`, 0: a free port. The port taken. Waits until it is open.
  [[nodiscard]] outcome<int> open(const std::string& address, int port);
  /// Links that come in are this hall's from now on. Any thread.
  void set_hall(const caf::actor& hall);
  /// Takes no more links; those there are stay.
  void close();

  void dial(const std::string& address, std::uint64_t attempt, const caf::actor& link) override;

private:
  caf::actor_system& system_;
  const link_wire_options options_;
  caf::actor porch_;
  int port_ = 0;
};

} // namespace cadenza::actors
