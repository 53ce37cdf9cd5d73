#pragma once

#include "bridge/base/health.hpp"
#include "bridge/net/settings.hpp"
#include "messages/outcome.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace cadenza::metrics {
class registry;
}

namespace cadenza::bridge {

/// How the HTTP side listens.
struct http_options {
  std::string host = "127.0.0.1";
  int port = 8088;                  ///< 0: any free one
  bool admin_from_anywhere = false; ///< false: paths below /admin/ answer only callers on this machine
  std::string version = "{}";       ///< what /version answers: a JSON object
  net::settings network;            ///< bounds; it always has a loop of its own
};

struct http_request {
  std::map<std::string, std::string> parameters; ///< of the query string; the last of equal names
  std::string body;
};

struct http_response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

/// {"error": message} with a status.
[[nodiscard]] http_response http_error(int status, std::string_view message);

/// The HTTP server: /health (the process lives), /ready (it serves), /version, /metrics (Prometheus' text format), and
/// whatever else is added to it.
///
/// Threads: a loop of its own; requests run on a few others, where routes may block. Those of /health, /ready, /version
/// and /metrics have one for themselves, so that they answer whatever else goes on. Lifetime: what is given to the
/// constructor, and what routes refer to, must outlive it.
class http_server {
public:
  using route = std::function<http_response(const http_request&)>;

  http_server(const health_board& health, metrics::registry& registry);
  ~http_server(); ///< stops
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// `method` is GET or, for what changes something, POST: that is refused to web pages (whatever has an Origin, or
  /// does not call itself application/json). Paths below /admin/ are also refused to those who call this machine by a
  /// name that is not its own. Replaces a route of the same method and path, so that the ones above can be made to say
  /// more. Only before `start`.
  void add_route(std::string_view method, const std::string& path, route handler);

  /// Another condition for /ready beside health. Gives "" or what is missing. Only before `start`.
  void set_readiness(std::function<std::string()> missing);

  /// Listens and serves; gives the port. Fails when the address cannot be bound. Once only.
  [[nodiscard]] outcome<int> start(const http_options& options);

  /// Finishes what is under way. Returns when all is over.
  void stop();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace cadenza::bridge
