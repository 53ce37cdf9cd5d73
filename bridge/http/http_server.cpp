#include "bridge/http/http_server.hpp"

#include "config/log.hpp"
#include "config/metrics.hpp"

#include <httplib.h>
#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <optional>
#include <thread>
#include <unistd.h>

namespace cadenza::bridge {

namespace {

constexpr int threads_count = 4;
constexpr std::size_t body_bytes_max = 4 << 20;
constexpr time_t silence_s_max = 10;

bool is_local(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

void write(httplib::Response& to, const http_response& from) {
  to.status = from.status;
  to.set_content(from.body, from.content_type.c_str());
}

/// Whether `host` of a Host header ("name", "name:port", "[::1]:port") is an address or a name of this machine. A page
/// whose own name was made to point here asks under that name.
bool is_ours(std::string host, const std::string& listening_on) {
  if (host.starts_with('[')) {
    in6_addr any{};
    return inet_pton(AF_INET6, host.substr(1, host.find(']') - 1).c_str(), &any) == 1;
  }
  host = host.substr(0, host.find(':'));
  in_addr any{};
  char name[256] = {};
  return inet_pton(AF_INET, host.c_str(), &any) == 1 || host == "localhost" || host == listening_on ||
         (gethostname(name, sizeof name - 1) == 0 && host == name);
}

/// A web page can have its visitor's browser send requests here; what it cannot do is leave out where they come from,
/// or say that they are JSON.
std::optional<http_response> refusal_of_change(const httplib::Request& request) {
  if (request.has_header("Origin"))
    return http_error(403, "requests of web pages are refused");
  if (!request.get_header_value("Content-Type").starts_with("application/json"))
    return http_error(415, "a request that changes something needs the header Content-Type: application/json");
  return std::nullopt;
}

http_request read(const httplib::Request& from) {
  http_request to;
  for (const auto& [name, value] : from.params)
    to.parameters[name] = value;
  to.body = from.body;
  return to;
}

/// SO_REUSEADDR only: httplib's default shares the port with whoever listens on it already.
void set_socket_options(socket_t socket) {
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

} // namespace

http_response http_error(int status, std::string_view message) {
  return {status, "application/json",
          nlohmann::json{{"error", message}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

struct http_server::state {
  state(const health_board& h, const metrics::registry& r) : health(h), registry(r) {}

  /// Why a request is refused, by the rules for its kind of route.
  std::optional<http_response> refusal_of(const httplib::Request& request) const {
    if (request.path.starts_with("/admin/") && !admin_from_anywhere) {
      if (!is_local(request.remote_addr))
        return http_error(403, "only callers on this machine may ask this");
      if (request.has_header("Host") && !is_ours(request.get_header_value("Host"), host))
        return http_error(403, "the Host of the request is none of this machine's names");
    }
    return request.method == "POST" ? refusal_of_change(request) : std::nullopt;
  }

  /// Answers by a route, unless the request is refused, and turns what the route throws into an answer.
  void answer(const route& handler, const httplib::Request& request, httplib::Response& response) const {
    if (auto refused = refusal_of(request))
      return write(response, *refused);
    try {
      write(response, handler(read(request)));
    } catch (const std::exception& failure) {
      log::error("http: {} failed: {}", request.path, failure.what());
      write(response, http_error(500, failure.what()));
    }
  }

  /// A POST that says nothing of a body has none. The library would read until the client closes, so it must not come
  /// to that.
  httplib::Server::HandlerResponse answer_without_body(const httplib::Request& request,
                                                       httplib::Response& response) const {
    using enum httplib::Server::HandlerResponse;
    if (request.method != "POST" || request.has_header("Content-Length") || request.has_header("Transfer-Encoding"))
      return Unhandled;
    const auto found = routes.find({request.method, request.path});
    if (found == routes.end())
      return Unhandled;
    answer(found->second, request, response);
    return Handled;
  }

  http_response ready() const {
    if (!health.serving())
      return http_error(503, text_of(health.state()));
    const auto why_not = missing ? missing() : std::string();
    return why_not.empty() ? http_response{200, "application/json", R"({"ready":true})"} : http_error(503, why_not);
  }

  const health_board& health;
  const metrics::registry& registry;
  bool admin_from_anywhere = false;
  std::string host; ///< listened on
  std::string version;
  std::function<std::string()> missing;
  std::map<std::pair<std::string, std::string>, route> routes; ///< by method and path
  httplib::Server server;
  std::thread thread;
};

http_server::http_server(const health_board& health, const metrics::registry& registry)
  : state_(std::make_unique<state>(health, registry)) {
  auto& s = *state_;
  add_route("GET", "/health", [](const http_request&) {
    return http_response{200, "application/json", R"({"healthy":true})"};
  });
  add_route("GET", "/ready", [&s](const http_request&) { return s.ready(); });
  add_route("GET", "/version", [&s](const http_request&) { return http_response{200, "application/json", s.version}; });
  add_route("GET", "/metrics", [&s](const http_request&) {
    return http_response{200, "text/plain; version=0.0.4; charset=utf-8", s.registry.text()};
  });
}

http_server::~http_server() { stop(); }

void http_server::add_route(std::string_view method, const std::string& path, route handler) {
  state_->routes[{std::string(method), path}] = std::move(handler);
}

void http_server::set_readiness(std::function<std::string()> missing) { state_->missing = std::move(missing); }

outcome<int> http_server::start(const http_options& options) {
  auto& s = *state_;
  s.admin_from_anywhere = options.admin_from_anywhere;
  s.host = options.host;
  s.version = options.version;
  for (const auto& [key, handler] : s.routes) {
    const auto& [method, path] = key;
    const auto answer = [&s, &handler = handler](const httplib::Request& request, httplib::Response& response) {
      s.answer(handler, request, response);
    };
    if (method == "POST")
      s.server.Post(path, answer);
    else
      s.server.Get(path, answer);
  }
  s.server.set_pre_routing_handler([&s](const httplib::Request& request, httplib::Response& response) {
    return s.answer_without_body(request, response);
  });
  s.server.new_task_queue = [] { return new httplib::ThreadPool(threads_count); };
  s.server.set_payload_max_length(body_bytes_max);
  s.server.set_read_timeout(silence_s_max);
  s.server.set_write_timeout(silence_s_max);
  s.server.set_keep_alive_timeout(silence_s_max / 2);
  s.server.set_tcp_nodelay(true);
  s.server.set_socket_options(set_socket_options);
  int port = options.port;
  const bool bound =
      port == 0 ? (port = s.server.bind_to_any_port(options.host)) > 0 : s.server.bind_to_port(options.host, port);
  if (!bound)
    return internal_error("cannot listen on " + options.host + ":" + std::to_string(options.port) +
                          ": is the port taken?");
  s.thread = std::thread([&s] { s.server.listen_after_bind(); });
  // A stop before the thread runs would be lost, so it is waited for; clients could connect already.
  while (!s.server.is_running())
    std::this_thread::yield();
  return port;
}

void http_server::stop() {
  if (!state_->thread.joinable())
    return;
  state_->server.stop();
  state_->thread.join();
}

} // namespace cadenza::bridge
