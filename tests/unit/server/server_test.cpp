#include "server/server.hpp"

#include "tests/load/client.hpp"
#include "tests/unit/server/support.hpp"
#include "uber/cadence/api/v1/service_meta.pb.h"

#include <httplib.h>

#include <thread>

using namespace cadenza;
using namespace std::chrono_literals;

namespace {

namespace api = uber::cadence::api::v1;

/// A configuration on free ports: below `directory`, or in memory.
config::loaded configured(const std::string& directory, int grpc_port = 0, int http_port = 0,
                          const std::string& more = {}) {
  auto out = config::load_text("services: {frontend: {rpc: {grpcPort: " + std::to_string(grpc_port) +
                               ", port: 0, http: {port: " + std::to_string(http_port) + "}}}}\n" +
                               (directory.empty() ? "persistence: {defaultStore: memory}\n"
                                                  : "persistence: {dataDirectory: " + directory + "}\n") +
                               more);
  BOOST_REQUIRE_MESSAGE(out, (out ? std::string() : out.error().message));
  return *std::move(out);
}

/// A server in this process, running on a thread of its own.
struct running {
  explicit running(const config::loaded& how) : serving(how, [how] { return outcome<config::loaded>(how); }) {
    const auto started = serving.start(signals);
    BOOST_REQUIRE_MESSAGE(started, (started ? std::string() : started.error().message));
    runner = std::thread([this] {
      serving.run(signals);
      serving.stop();
    });
  }
  ~running() { stop(); }
  void stop() {
    signals.send(signal_kind::stop);
    if (runner.joinable())
      runner.join();
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(serving.grpc_port()); }

  tests::sent_signals signals;
  server serving;
  std::thread runner;
};

std::string health_of(const std::string& address) {
  load::client client(address, 1);
  api::HealthResponse answer;
  const auto asked = client.wait("MetaAPI/Health", api::HealthRequest{}, answer, 5s);
  return asked.ok() ? answer.message() : "none: " + asked.message;
}

std::string failure_of(const config::loaded& how) {
  tests::sent_signals signals;
  server other(how, [how] { return outcome<config::loaded>(how); });
  const auto started = other.start(signals);
  BOOST_TEST(!other.serving());
  return started ? "started" : started.error().message;
}

} // namespace

BOOST_AUTO_TEST_SUITE(server_suite)

BOOST_AUTO_TEST_CASE(it_serves_from_start_to_stop_and_holds_nothing_after) {
  const load::scratch_directory directory;
  const auto how = configured(directory.path());
  int port = 0;
  for (int round = 0; round < 2; ++round) { // the second finds the directory unlocked
    running one(how);
    port = one.serving.grpc_port();
    BOOST_TEST(health_of(one.address()) == "OK");
    httplib::Client http("127.0.0.1", one.serving.http_port());
    const auto ready = http.Get("/ready");
    BOOST_REQUIRE(ready);
    BOOST_TEST(ready->status == 200);
  }
  BOOST_TEST(health_of("127.0.0.1:" + std::to_string(port)).starts_with("none"));
}

BOOST_AUTO_TEST_CASE(a_start_that_fails_at_a_taken_port_says_which_and_lets_go_of_the_store) {
  const load::scratch_directory directory;
  {
    running first(configured({}));
    const auto grpc_taken = failure_of(configured(directory.path(), first.serving.grpc_port()));
    BOOST_TEST(grpc_taken.find(std::to_string(first.serving.grpc_port())) != std::string::npos, grpc_taken);
    const auto http_taken = failure_of(configured(directory.path(), 0, first.serving.http_port()));
    BOOST_TEST(http_taken.find(std::to_string(first.serving.http_port())) != std::string::npos, http_taken);
    BOOST_TEST(health_of(first.address()) == "OK");
  }
  const running second(configured(directory.path()));
}

BOOST_AUTO_TEST_CASE(a_data_directory_in_use_or_made_with_other_shards_is_refused) {
  const load::scratch_directory directory;
  {
    const running first(configured(directory.path()));
    BOOST_TEST(failure_of(configured(directory.path())).find("in use by another process") != std::string::npos);
  }
  const auto four = "persistence: {dataDirectory: " + directory.path() + ", numHistoryShards: 4}\n";
  const auto how = config::load_text(four + "services: {frontend: {rpc: {grpcPort: 0, port: 0, http: {port: 0}}}}\n");
  BOOST_REQUIRE(how);
  BOOST_TEST(failure_of(*how).find("this data was made with 16") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(told_to_stop_before_the_engine_is_ready_it_opens_nothing) {
  const auto how = configured({});
  tests::sent_signals signals;
  signals.send(signal_kind::stop);
  server early(how, [how] { return outcome<config::loaded>(how); });
  BOOST_TEST(static_cast<bool>(early.start(signals)));
  BOOST_TEST(!early.serving());
  BOOST_TEST(early.grpc_port() == 0);
  early.run(signals); // returns
}

BOOST_AUTO_TEST_CASE(a_reload_takes_other_kinds_of_chaos_while_it_serves) {
  tests::logged_lines lines(log::level::debug);
  const auto calm = configured({}, 0, 0, "chaos: {enabled: true, seed: 5}\nlog: {level: debug}\n");
  const auto wild = configured(
      {}, 0, 0, "chaos: {enabled: true, seed: 5, interval: 1ms, kinds: [document_keeper]}\nlog: {level: debug}\n");
  tests::sent_signals signals;
  server one(calm, [&wild] { return outcome<config::loaded>(wild); });
  BOOST_REQUIRE(one.start(signals));
  std::thread runner([&] { one.run(signals); });
  signals.send(signal_kind::reload);
  httplib::Client http("127.0.0.1", one.http_port());
  const auto until = std::chrono::steady_clock::now() + 30s;
  for (bool killed = false; !killed && std::chrono::steady_clock::now() < until;) {
    const auto page = http.Get("/metrics");
    BOOST_REQUIRE(page);
    killed = page->body.find("\ncadenza_owner_restarts_total 0\n") == std::string::npos;
  }
  signals.send(signal_kind::stop);
  runner.join();
  one.stop();
  BOOST_TEST(lines.count("chaos kills node/document_keeper") > 0);
}

BOOST_AUTO_TEST_SUITE_END()
