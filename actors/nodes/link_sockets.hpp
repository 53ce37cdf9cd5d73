#pragma once

#include <caf/actor.hpp>
#include <caf/io/doorman.hpp>
#include <caf/io/scribe.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace caf {
class actor_system;
}

namespace cadenza::actors {

/// Sockets as CAF's broker reads and writes them, but for what its own do badly among servers: a connection is made
/// within a time, also with TLS; one that breaks in the middle of a handshake leaves nothing behind in OpenSSL that
/// would break another; one that was accepted and says nothing is closed; the system gives a connection up whose other
/// side does not take what is sent.
struct socket_rules {
  bool secret = false;                     ///< TLS with the certificates of the actor system
  int connect_timeout_ms = 2'000;          ///< TCP's handshake
  int handshake_timeout_ms = 5'000;        ///< that of TLS
  std::int64_t silence_ns = 5'000'000'000; ///< what was sent and is not acknowledged for this long ends the connection
};

struct endpoint {
  std::string host;
  std::uint16_t port = 0;
};

/// "host:port", "[::1]:port". Nothing for other texts.
[[nodiscard]] std::optional<endpoint> endpoint_of(const std::string& address);

/// What came of an attempt to connect.
struct connected {
  caf::io::scribe_ptr scribe; ///< null: none, or it was only looked whether somebody listens
  bool listens = false;
  bool refused = false; ///< the host says that nobody listens there
  std::string why;      ///< not there, or not to be talked with; "" when all is well
};

/// Connects, or with `look` only tries whether somebody listens. Blocks for the times that the rules give and for as
/// long as the name is looked up; `stop` ends it sooner, within a tenth of a second.
[[nodiscard]] connected connect_to(caf::actor_system& system, const socket_rules& rules, const endpoint& at, bool look,
                                   const std::atomic<bool>& stop);

/// Ends a connection at once, from any thread; the broker that has it hears so.
void shut(const caf::io::scribe_ptr& scribe);

/// A port that is open. An error: null, and `why` says what is wrong.
[[nodiscard]] caf::io::doorman_ptr listen_at(caf::actor_system& system, const socket_rules& rules,
                                             const std::string& address, std::uint16_t port, std::string& why);

} // namespace cadenza::actors
