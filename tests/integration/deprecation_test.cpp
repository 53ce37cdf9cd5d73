#include "tests/integration/served.hpp"

#include <nlohmann/json.hpp>

namespace {

using namespace cadenza;
namespace api = uber::cadence::api::v1;

constexpr const char* system_domain = "cadence-system";
constexpr const char* token = "CadenceTeamONLY";

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A server that lets nobody without the token change domains, and a domain with three open runs.
struct condemned : test::served {
  condemned() : served("orders") {
    set("frontend.failoverCoolDown", "\"0s\"");
    run({"domain", "update", "--has", "enabled", "--huri", "file:///tmp/history", "--vas", "enabled", "--vuri",
         "file:///tmp/visibility"});
    for (const auto* id : {"a", "b", "c"})
      run({"workflow", "start", "-w", id, "--wt", "type", "--tl", "list", "--et", "60"});
    set("history.enableAdminProtection", "true");
  }
  void set(const std::string& key, const std::string& value) const {
    run({"admin", "config", "update", "--name", key, "--value", value});
  }
  /// Asks as the reference system's command line does; gives how it ended.
  api::HistoryEvent deprecate(const std::string& name, const std::string& successor) {
    api::StartWorkflowExecutionRequest start;
    start.set_domain(system_domain);
    start.set_request_id(load::new_uuid());
    start.set_workflow_id("domain-deprecation-" + name + "-" + load::new_uuid());
    start.mutable_workflow_type()->set_name("domain-deprecation-workflow");
    start.mutable_task_list()->set_name("domain-deprecation-tasklist");
    start.mutable_execution_start_to_close_timeout()->set_seconds(86'400);
    start.mutable_task_start_to_close_timeout()->set_seconds(10);
    start.mutable_input()->set_data(nlohmann::json{{"domain_name", name}, {"security_token", successor}}.dump());
    (void)ask<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution", start);
    api::WorkflowExecution execution;
    execution.set_workflow_id(start.workflow_id());
    return end_of(execution, system_domain);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(deprecation, condemned)

BOOST_AUTO_TEST_CASE(a_domain_is_deprecated_with_its_workflows) {
  const auto refused = deprecate("orders", "guess");
  BOOST_TEST(refused.workflow_execution_failed_event_attributes().failure().reason() == "access_denied");
  const auto before = run({"domain", "describe"});
  BOOST_TEST(has(before, "Status: REGISTERED"));
  // Asked for at the registration, and ignored where nothing is archived.
  BOOST_TEST(has(before, "HistoryArchivalStatus: DISABLED"));
  BOOST_TEST(has(before, "VisibilityArchivalStatus: DISABLED"));
  const auto unknown = deprecate("bills", token);
  BOOST_TEST(unknown.workflow_execution_failed_event_attributes().failure().reason() == "entity_not_exists");

  BOOST_TEST(deprecate("orders", token).has_workflow_execution_completed_event_attributes());
  const auto after = run({"domain", "describe"});
  BOOST_TEST(has(after, "Status: DEPRECATED"));
  BOOST_TEST(has(after, "HistoryArchivalStatus: DISABLED"));
  BOOST_TEST(has(after, "VisibilityArchivalStatus: DISABLED"));
  BOOST_TEST(run({"workflow", "count", "--query", "CloseTime = missing"}) == "0\n");
  BOOST_TEST(run({"workflow", "count", "--query", "CloseStatus = 'TERMINATED'"}) == "3\n");
  BOOST_TEST(has(run({"workflow", "show", "-w", "b"}), "domain is deprecated"));
}

BOOST_AUTO_TEST_SUITE_END()
