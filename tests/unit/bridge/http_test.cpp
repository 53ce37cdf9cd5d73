#include "bridge/http/admin_routes.hpp"
#include "bridge/http/http_server.hpp"
#include "config/metrics.hpp"
#include "fake_engine.hpp"

#include <boost/test/unit_test.hpp>
#include <httplib.h>
#include <nlohmann/json.hpp>

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
  BOOST_TEST(client.Get("/ready")->status == 503);
  BOOST_TEST(json::parse(client.Get("/ready")->body)["error"] == "WarmingUp");
  s.health.set(bridge::health_state::ok);
  BOOST_TEST(json::parse(client.Get("/ready")->body)["error"] == missing);
  missing.clear();
  BOOST_TEST(client.Get("/ready")->status == 200);
  s.health.set(bridge::health_state::shutting_down);
  BOOST_TEST(client.Get("/ready")->status == 503);
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
  BOOST_TEST(client.Post("/admin/actors/kill?path=node/shard_owner")->status == 200);
  const auto refused = client.Post("/admin/actors/kill?path=nobody");
  BOOST_TEST(refused->status == 400);
  BOOST_TEST(json::parse(refused->body)["error"] == "no actor at nobody");
  BOOST_TEST(client.Post("/admin/actors/kill")->status == 400);
}

BOOST_AUTO_TEST_CASE(routes_take_parameters_and_bodies_and_may_fail) {
  site s;
  s.server.add_route("POST", "/admin/echo", [](const bridge::http_request& request) -> bridge::http_response {
    if (request.body.empty())
      throw std::runtime_error("nothing to say");
    return {201, "text/plain", request.parameters.at("who") + " says " + request.body};
  });
  auto client = s.open();
  const auto said = client.Post("/admin/echo?who=me", "hello", "text/plain");
  BOOST_TEST(said->status == 201);
  BOOST_TEST(said->body == "me says hello");
  const auto failed = client.Post("/admin/echo?who=me");
  BOOST_TEST(failed->status == 500);
  BOOST_TEST(json::parse(failed->body)["error"] == "nothing to say");
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
