#pragma once

#include "messages/outcome.hpp"

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace cadenza::bridge {

/// Takes the connections of a port and hands them over. gRPC's own listener stops for good the first time that the
/// process runs out of descriptors; this one goes on as soon as there are some again.
///
/// The last descriptors of the process are not for connections: the store needs files. While only those are left,
/// whoever comes is told so by the end of its connection.
///
/// Threads: one of its own, on which `take` is called.
class acceptor {
public:
  acceptor() = default;
  ~acceptor(); ///< stops; connections that were handed over stay open
  acceptor(const acceptor&) = delete;
  acceptor& operator=(const acceptor&) = delete;

  /// Listens on a host name or address ("0.0.0.0": everywhere, IPv6 too) and a port, 0: any free one. Gives the port.
  /// From here on connections wait to be taken. Once only.
  [[nodiscard]] outcome<int> listen(const std::string& host, int port);

  /// `take` gets each connection's socket, which does not block, and owns it.
  void start(std::function<void(int socket)> take);

  /// Takes no more; who waits to be taken is refused. Returns when `take` is not running.
  void stop();

  /// Ends the connections that were handed over and are still open: each side sees its end, the sockets stay their
  /// owners'. After `stop`.
  void end_connections();

  /// Connections refused for want of descriptors.
  [[nodiscard]] std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

private:
  void run();
  void accept_all();
  void make_room();
  void remember(int socket);

  int listener_ = -1;
  int stop_ = -1;
  int spare_ = -1;       ///< let go of to refuse somebody when there is none left
  int reserve_from_ = 0; ///< descriptors from this number on are not for connections
  std::function<void(int)> take_;
  std::vector<ino_t> taken_; ///< by descriptor: which socket it was; its owner may have closed it since
  std::atomic<std::uint64_t> refused_{0};
  std::thread thread_;
};

} // namespace cadenza::bridge
