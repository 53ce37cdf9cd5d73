#include "tests/unit/server/running.hpp"
#include "uber/cadence/api/v1/service_meta.pb.h"

#include <httplib.h>

#include <future>
#include <thread>

using namespace cadenza;
using namespace std::chrono_literals;
using tests::configured;
using tests::running;

namespace {

namespace api = uber::cadence::api::v1;

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

BOOST_AUTO_TEST_CASE(who_waits_for_what_cannot_come_any_more_does_not_hold_up_the_stop) {
  running one(configured({}));
  load::client client(one.address(), 1);
  BOOST_REQUIRE(load::prepare_domain(client, "orders", 30s));
  const auto run = tests::start_workflow(client, "orders", "waiting");
  tests::complete_decision(client, "orders"); // before that nobody may query it

  api::GetWorkflowExecutionHistoryRequest history;
  history.set_domain("orders");
  history.mutable_workflow_execution()->set_workflow_id("waiting");
  history.mutable_workflow_execution()->set_run_id(run);
  history.set_wait_for_new_event(true);
  api::GetWorkflowExecutionHistoryResponse first;
  BOOST_REQUIRE(client.wait("WorkflowAPI/GetWorkflowExecutionHistory", history, first).ok());
  BOOST_TEST(first.history().events_size() > 0);
  history.set_next_page_token(first.next_page_token());

  std::promise<std::pair<load::result, api::GetWorkflowExecutionHistoryResponse>> read;
  client.call<api::GetWorkflowExecutionHistoryRequest, api::GetWorkflowExecutionHistoryResponse>(
      "WorkflowAPI/GetWorkflowExecutionHistory", history, 60s, [&](const load::result& how, auto& answer) {
        read.set_value({how, answer});
      });
  api::QueryWorkflowRequest query;
  query.set_domain("orders");
  query.mutable_workflow_execution()->set_workflow_id("waiting");
  query.mutable_query()->set_query_type("state");
  std::promise<load::result> asked;
  client.call<api::QueryWorkflowRequest, api::QueryWorkflowResponse>(
      "WorkflowAPI/QueryWorkflow", query, 60s, [&](const load::result& how, auto&) { asked.set_value(how); });
  // On the same connection and through the same run: when this is answered, those wait.
  api::DescribeWorkflowExecutionRequest describe;
  describe.set_domain("orders");
  *describe.mutable_workflow_execution() = history.workflow_execution();
  api::DescribeWorkflowExecutionResponse described;
  BOOST_REQUIRE(client.wait("WorkflowAPI/DescribeWorkflowExecution", describe, described).ok());

  const auto begun = std::chrono::steady_clock::now();
  one.stop();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  // Of the ten seconds that calls under way would get; one is meant, and a machine with other work takes more.
  BOOST_TEST(took.count() <= 3.0);
  const auto [how, answer] = read.get_future().get();
  BOOST_TEST(how.ok(), how.message);
  BOOST_TEST(answer.history().events_size() == 0);
  BOOST_TEST(!answer.next_page_token().empty()); // to go on with
  BOOST_TEST(asked.get_future().get().code == 14);
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
