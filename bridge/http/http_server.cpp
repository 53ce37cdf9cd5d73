#include "bridge/http/http_server.hpp"

#include "bridge/net/http1.hpp"
#include "bridge/net/server.hpp"
#include "bridge/net/worker.hpp"
#include "config/log.hpp"
#include "config/metrics.hpp"

#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <chrono>
#include <optional>
#include <unistd.h>

namespace cadenza::bridge {

namespace {

constexpr int threads_count = 3;        // for routes that may take long
constexpr std::size_t waiting_max = 64; // requests that none of them has begun
constexpr auto grace = std::chrono::seconds(10);

std::string_view header_of(const net::http1_request& request, const char* name) {
  const auto at = request.headers.find(name);
  return at == request.headers.end() ? std::string_view() : std::string_view(at->second);
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
std::optional<http_response> refusal_of_change(const net::http1_request& request) {
  if (request.headers.contains("origin"))
    return http_error(403, "requests of web pages are refused");
  if (!header_of(request, "content-type").starts_with("application/json"))
    return http_error(415, "a request that changes something needs the header Content-Type: application/json");
  return std::nullopt;
}

/// Into the log: who changes something, and what.
void note_change(const net::http1_request& request) {
  std::string parameters;
  for (const auto& [name, value] : request.parameters)
    parameters.append(parameters.empty() ? "" : "&").append(name).append("=").append(value);
  log::info(
      {field::route(request.path), field::parameters(parameters), field::client(header_of(request, "user-agent"))},
      "change requested over HTTP: {route}");
}

/// What is asked all the time, by those who decide whether the server lives.
bool is_probe(const std::string& path) {
  return path == "/health" || path == "/ready" || path == "/live" || path == "/version" || path == "/metrics";
}

} // namespace

http_response http_error(int status, std::string_view message) {
  return {status, "application/json",
          nlohmann::json{{"error", message}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

struct http_server::state final : net::http1_user {
  state(const health_board& h, metrics::registry& r) : health(h), registry(r) {}

  void serve(net::http1_exchange_ptr exchange) override {
    const auto& request = exchange->request();
    const auto found = routes.find({request.method == "HEAD" ? "GET" : request.method, request.path});
    if (found == routes.end())
      return exchange->answer(to_wire(http_error(404, "there is nothing at " + request.path)));
    auto& on = is_probe(request.path) ? *probes : *others;
    if (on.waiting() >= waiting_max)
      return exchange->answer(to_wire(http_error(503, "too many requests wait")));
    on.run([this, exchange, &handler = found->second] {
      exchange->answer(to_wire(answer(handler, exchange->request())));
    });
  }

  static net::http1_response to_wire(http_response from) {
    return {from.status, std::move(from.content_type), std::move(from.body)};
  }

  /// Why a request is refused, by the rules for its kind of route.
  std::optional<http_response> refusal_of(const net::http1_request& request) const {
    if (request.path.starts_with("/admin/") && !admin_from_anywhere) {
      if (!request.from.local())
        return http_error(403, "only callers on this machine may ask this");
      if (request.headers.contains("host") && !is_ours(std::string(header_of(request, "host")), host))
        return http_error(403, "the Host header of the request does not name this machine");
    }
    return request.method == "POST" ? refusal_of_change(request) : std::nullopt;
  }

  /// Answers by a route, unless the request is refused, and turns what the route throws into an answer.
  http_response answer(const route& handler, const net::http1_request& request) const {
    if (auto refused = refusal_of(request))
      return *refused;
    if (request.method == "POST")
      note_change(request);
    try {
      return handler({request.parameters, request.body});
    } catch (const std::exception& failure) {
      log::error({field::route(request.path), field::error(failure.what())}, "http: {route} failed: {error}");
      return http_error(500, failure.what());
    }
  }

  static http_response unready(const std::string& why) {
    return {503, "application/json", nlohmann::json{{"ready", false}, {"error", why}}.dump()};
  }

  http_response ready() const {
    if (!health.serving())
      return unready(std::string(text_of(health.state())));
    const auto why_not = missing ? missing() : std::string();
    return why_not.empty() ? http_response{200, "application/json", R"({"ready":true})"} : unready(why_not);
  }

  const health_board& health;
  metrics::registry& registry;
  bool admin_from_anywhere = false;
  std::string host; ///< listened on
  std::string version;
  std::function<std::string()> missing;
  std::map<std::pair<std::string, std::string>, route> routes; ///< by method and path
  net::http1_front front{*this};
  std::unique_ptr<net::server> server;
  std::unique_ptr<net::worker> probes; ///< these two: they end before the server does
  std::unique_ptr<net::worker> others;
};

http_server::http_server(const health_board& health, metrics::registry& registry)
  : state_(std::make_unique<state>(health, registry)) {
  auto& s = *state_;
  add_route("GET", "/health", [](const http_request&) {
    return http_response{200, "application/json", R"({"healthy":true})"};
  });
  // Alive is whoever answers: a server that cannot write or is about to end is not mended by being ended.
  add_route("GET", "/live", [](const http_request&) {
    return http_response{200, "application/json", R"({"live":true})"};
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
  auto how = options.network;
  how.loops = 1;
  auto server = std::make_unique<net::server>(how, s.registry, "http");
  auto port = server->listen(options.host, options.port, {&s.front});
  if (!port)
    return port;
  s.probes = std::make_unique<net::worker>("http-probes", 1, 0);
  s.others = std::make_unique<net::worker>("http-routes", threads_count, 0);
  s.server = std::move(server);
  if (const auto started = s.server->start(); !started)
    return started.error();
  return port;
}

void http_server::stop() {
  if (!state_->server)
    return;
  state_->server->stop(grace);
  state_->probes.reset();
  state_->others.reset();
  state_->server.reset();
}

} // namespace cadenza::bridge
