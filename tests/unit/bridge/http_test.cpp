#include "bridge/http/admin_routes.hpp"
#include "bridge/http/http_server.hpp"
#include "config/metrics.hpp"
#include "fake_engine.hpp"

#include <boost/test/unit_test.hpp>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace cadenza;
using nlohmann::json;

namespace {

struct site {
  site() : server(health, registry) {}
  httplib::Client open(bridge::http_options options = {}) {
    options.port = 0;
    const auto bound = server.start(options);
    BOOST_REQUIRE(bound);
    port = *bound;
    return httplib::Client("127.0.0.1", port);
  }

  tests::fake_engine engine;
  bridge::health_board health;
  metrics::registry registry;
  bridge::http_server server;
  int port = 0;
};

httplib::Result change(httplib::Client& client, const std::string& path, const httplib::Headers& more = {}) {
  return client.Post(path, more, "", "application/json");
}

/// What the server says to a request as it stands here, within ten seconds.
std::string said_to(int port, const std::string& request) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{5, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string out(4096, '\0');
  ssize_t got = -1;
  if (::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 &&
      ::send(socket, request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()))
    got = ::recv(socket, out.data(), out.size(), 0);
  ::close(socket);
  out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(http)

BOOST_AUTO_TEST_CASE(health_readiness_version_and_metrics) {
  site s;
  std::string missing = "the shards are not owned yet";
  s.server.set_readiness([&] { return missing; });
  s.registry.counter("cadenza_test_total", "A test.").add(7);
  bridge::http_options options;
  options.version = R"({"version":"0.1.0"})";
  auto client = s.open(options);
  BOOST_TEST(client.Get("/health")->status == 200);
  BOOST_TEST(client.Get("/live")->status == 200);
  BOOST_TEST(client.Get("/ready")->status == 503);
  BOOST_TEST(json::parse(client.Get("/ready")->body)["ready"] == false);
  BOOST_TEST(json::parse(client.Get("/ready")->body)["error"] == "WarmingUp");
  s.health.set(bridge::health_state::ok);
  BOOST_TEST(json::parse(client.Get("/ready")->body)["error"] == missing);
  missing.clear();
  BOOST_TEST(client.Get("/ready")->status == 200);
  s.health.set(bridge::health_state::shutting_down);
  BOOST_TEST(client.Get("/ready")->status == 503);
  BOOST_TEST(client.Get("/live")->status == 200);
  BOOST_TEST(client.Get("/health")->status == 200);
  BOOST_TEST(json::parse(client.Get("/version")->body)["version"] == "0.1.0");
  const auto metrics = client.Get("/metrics");
  BOOST_TEST(metrics->body.find("cadenza_test_total 7") != std::string::npos);
  BOOST_TEST(metrics->get_header_value("Content-Type").starts_with("text/plain"));
  BOOST_TEST(client.Get("/nothing")->status == 404);
}

BOOST_AUTO_TEST_CASE(actors_are_listed_and_killed) {
  site s;
  bridge::add_actor_routes(s.server, s.engine, std::chrono::seconds(5));
  auto client = s.open();
  const auto listed = json::parse(client.Get("/admin/actors")->body);
  BOOST_TEST(listed.size() == 2u);
  BOOST_TEST(listed[1]["path"] == "node/shard_owner");
  BOOST_TEST(listed[1]["restarts"] == 2);
  BOOST_TEST(change(client, "/admin/actors/kill?path=node/shard_owner")->status == 200);
  const auto refused = change(client, "/admin/actors/kill?path=nobody");
  BOOST_TEST(refused->status == 400);
  BOOST_TEST(json::parse(refused->body)["error"] == "no actor at nobody");
  BOOST_TEST(change(client, "/admin/actors/kill")->status == 400);
}

BOOST_AUTO_TEST_CASE(routes_take_parameters_and_bodies_and_may_fail) {
  site s;
  s.server.add_route("POST", "/admin/echo", [](const bridge::http_request& request) -> bridge::http_response {
    if (request.body.empty())
      throw std::runtime_error("nothing to say");
    return {201, "text/plain", request.parameters.at("who") + " says " + request.body};
  });
  auto client = s.open();
  const auto said = client.Post("/admin/echo?who=me", "hello", "application/json");
  BOOST_TEST(said->status == 201);
  BOOST_TEST(said->body == "me says hello");
  const auto failed = change(client, "/admin/echo?who=me");
  BOOST_TEST(failed->status == 500);
  BOOST_TEST(json::parse(failed->body)["error"] == "nothing to say");
}

BOOST_AUTO_TEST_CASE(web_pages_cannot_change_anything) {
  site s;
  int changes = 0;
  s.server.add_route("POST", "/admin/change", [&](const bridge::http_request&) {
    ++changes;
    return bridge::http_response{};
  });
  auto client = s.open();
  BOOST_TEST(change(client, "/admin/change", {{"Origin", "http://evil.example"}})->status == 403);
  BOOST_TEST(change(client, "/admin/change", {{"Origin", "http://127.0.0.1:" + std::to_string(s.port)}})->status ==
             403);
  BOOST_TEST(change(client, "/admin/change", {{"Origin", "null"}})->status == 403);
  for (const auto* form : {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"})
    BOOST_TEST(client.Post("/admin/change", "", form)->status == 415);
  BOOST_TEST(client.Post("/admin/change")->status == 415);
  BOOST_TEST(changes == 0);
  BOOST_TEST(change(client, "/admin/change")->status == 200);
  BOOST_TEST(client.Post("/admin/change", "{}", "application/json; charset=utf-8")->status == 200);
  BOOST_TEST(changes == 2);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_this_machines_own_is_refused) {
  site s;
  s.server.add_route("GET", "/admin/read", [](const bridge::http_request&) { return bridge::http_response{}; });
  auto client = s.open();
  for (const auto* host : {"evil.example", "evil.example:8088", "localhost.evil.example", "127.0.0.1.evil.example"}) {
    BOOST_TEST(client.Get("/admin/read", {{"Host", host}})->status == 403, host);
    BOOST_TEST(client.Get("/ready", {{"Host", host}})->status == 503, host); // tells nothing worth keeping
  }
  for (const auto* host : {"localhost", "localhost:1", "127.0.0.1", "10.1.2.3:8088", "[::1]:8088", "[::1]"})
    BOOST_TEST(client.Get("/admin/read", {{"Host", host}})->status == 200, host);
}

BOOST_AUTO_TEST_CASE(a_post_that_says_nothing_of_a_body_has_none) {
  site s;
  s.server.add_route("POST", "/admin/change", [](const bridge::http_request& request) {
    return bridge::http_response{200, "text/plain", "body:" + request.body + ":" + request.parameters.at("who")};
  });
  s.open();
  const auto said = said_to(s.port, "POST /admin/change?who=me HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                                    "application/json\r\n\r\n");
  BOOST_TEST(said.starts_with("HTTP/1.1 200"), said);
  BOOST_TEST(said.find("body::me") != std::string::npos, said);
  BOOST_TEST(said_to(s.port, "POST /admin/change HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 415"));
}

BOOST_AUTO_TEST_CASE(an_answer_is_json_whatever_it_quotes) {
  const auto answer = bridge::http_error(400, "no actor at \xFF");
  BOOST_TEST(json::parse(answer.body)["error"] == "no actor at \uFFFD");
}

BOOST_AUTO_TEST_CASE(a_route_may_be_replaced) {
  site s;
  s.server.add_route("GET", "/health", [](const bridge::http_request&) {
    return bridge::http_response{503, "application/json", R"({"accepts_writes":false})"};
  });
  auto client = s.open();
  BOOST_TEST(client.Get("/health")->status == 503);
}

BOOST_AUTO_TEST_CASE(a_taken_port_is_an_error) {
  site s;
  s.open();
  bridge::http_server second(s.health, s.registry);
  bridge::http_options options;
  options.port = s.port;
  BOOST_TEST(!second.start(options));
}

BOOST_AUTO_TEST_SUITE_END()
