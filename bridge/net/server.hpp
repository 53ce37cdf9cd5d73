#pragma once

#include "bridge/net/connection.hpp"
#include "bridge/net/listener.hpp"
#include "messages/outcome.hpp"

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace cadenza::bridge::net {

/// Ports, loops and connections: everything between clients' sockets and the protocols that are spoken on them.
///
/// Threads: one for each loop. Its functions are for one thread. Lifetime: fronts and registry must outlive it; calls
/// that are still held by others may outlive `stop`, but not the server: their answers go nowhere then.
class server {
public:
  /// `name`: of the threads, 15 characters at most, and what metrics call it.
  server(const settings& how, metrics::registry& registry, std::string name);
  ~server(); ///< stops
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Opens a port (0: any free one) for these protocols; gives the port. May be called several times, before `start`.
  [[nodiscard]] outcome<int> listen(const std::string& host, int port, std::vector<front*> fronts);
  [[nodiscard]] outcome<void> start();

  /// Takes no new connection, asks clients to go, lets what is under way finish for up to `grace`, then answers it with
  /// "the server stops". Returns when all is over. Once.
  void stop(std::chrono::milliseconds grace);

  [[nodiscard]] common& shared() { return common_; }

private:
  struct worker;
  struct port;
  void take(port& on, int descriptor, const address& from);
  void for_each_loop(void (*what)(worker&));
  std::size_t wait_until_empty(std::chrono::milliseconds longest); ///< connections that are left

  common common_;
  const std::string name_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::vector<std::unique_ptr<port>> ports_;
  std::size_t next_ = 0; ///< whose turn it is to get a connection; the first loop's
  bool started_ = false;
  bool stopped_ = false;
};

} // namespace cadenza::bridge::net
