#include "tests/unit/cli/fake_server.hpp"
#include "tests/unit/cli/runner.hpp"

#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace cadenza::test;

namespace {

namespace api = uber::cadence::api::v1;

/// What one cluster has: a domain of both clusters and one of its own, and runs of two events.
struct cluster {
  fake_server server;
  std::int64_t failover_version = 1;
  std::vector<std::string> workflows{"a", "b"};
  api::WorkflowExecutionCloseStatus status = api::WORKFLOW_EXECUTION_CLOSE_STATUS_COMPLETED;
  std::int64_t second_version = 1;
  int events = 2;

  cluster() {
    server.on<api::ListDomainsRequest, api::ListDomainsResponse>("DomainAPI/ListDomains",
                                                                 [this](const auto&, auto& response) {
                                                                   auto& global = *response.add_domains();
                                                                   global.set_name("orders");
                                                                   global.set_is_global_domain(true);
                                                                   global.set_failover_version(failover_version);
                                                                   global.add_clusters()->set_cluster_name("dc1");
                                                                   global.add_clusters()->set_cluster_name("dc2");
                                                                   response.add_domains()->set_name("local");
                                                                   return answer::ok();
                                                                 });
    server.on<api::ScanWorkflowExecutionsRequest, api::ScanWorkflowExecutionsResponse>(
        "VisibilityAPI/ScanWorkflowExecutions", [this](const auto&, auto& response) {
          for (const auto& id : workflows) {
            auto& run = *response.add_executions();
            run.mutable_workflow_execution()->set_workflow_id(id);
            run.mutable_workflow_execution()->set_run_id("run-" + id);
            run.set_close_status(status);
          }
          return answer::ok();
        });
    server.on<api::GetWorkflowExecutionHistoryRequest, api::GetWorkflowExecutionHistoryResponse>(
        "WorkflowAPI/GetWorkflowExecutionHistory", [this](const auto&, auto& response) {
          for (int i = 0; i < events; ++i) {
            auto& event = *response.mutable_history()->add_events();
            event.set_event_id(i + 1);
            event.set_version(i == 1 ? second_version : 1);
            event.set_task_id(reinterpret_cast<std::intptr_t>(this)); // each cluster has its own
          }
          return answer::ok();
        });
  }
};

struct two_servers {
  cluster here;
  cluster there;

  output diff(std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"--address", here.server.address(), "admin", "replication", "diff",
                                   "--other",   there.server.address()};
    words.insert(words.end(), more.begin(), more.end());
    return run_cli(std::move(words));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(replication_between_two_servers, two_servers)

BOOST_AUTO_TEST_CASE(clusters_that_have_the_same_are_equal) {
  const auto result = diff();
  BOOST_TEST(result.code == 0, result.err);
  BOOST_TEST(result.out == "equal: 1 domain, 2 runs\n");
}

BOOST_AUTO_TEST_CASE(each_difference_is_named) {
  there.failover_version = 2;
  there.workflows = {"b", "c"};
  there.second_version = 11;
  const auto result = diff({"--output", "json"});
  BOOST_TEST(result.code == 1);
  BOOST_TEST(result.err.find("4 differences in 1 domain, 3 runs") != std::string::npos, result.err);
  const auto rows = nlohmann::json::parse(result.out);
  BOOST_REQUIRE(rows.size() == 4u);
  const auto of = [&](std::size_t i) { return rows[i]["difference"].get<std::string>(); };
  BOOST_TEST(of(0).starts_with("failover version: 1 at 127.0.0.1:"));
  BOOST_TEST(rows[1]["workflowId"] == "a");
  BOOST_TEST(of(1).starts_with("the run is only at 127.0.0.1:"));
  BOOST_TEST(rows[2]["workflowId"] == "b");
  BOOST_TEST(of(2).starts_with("event 2 differs: version 1 at 127.0.0.1:"));
  BOOST_TEST(rows[3]["runId"] == "run-c");
}

BOOST_AUTO_TEST_CASE(lists_and_lengths_of_histories_are_compared) {
  there.status = api::WORKFLOW_EXECUTION_CLOSE_STATUS_FAILED;
  there.events = 1;
  BOOST_TEST(diff().out.find("listed as COMPLETED at ") != std::string::npos);
  BOOST_TEST(diff().out.find("2 events at ") != std::string::npos);
  BOOST_TEST(diff({"--lists_only"}).out.find("2 events at ") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_cluster_that_does_not_answer_is_no_equal_one) {
  here.server.on<api::ScanWorkflowExecutionsRequest, api::ScanWorkflowExecutionsResponse>(
      "VisibilityAPI/ScanWorkflowExecutions", [](const auto&, auto&) { return answer::error(5, "no such list"); });
  const auto result = diff();
  BOOST_TEST(result.code == 1);
  BOOST_TEST(result.err.starts_with("Error: The clusters cannot be compared."), result.err);
}

BOOST_AUTO_TEST_SUITE_END()
