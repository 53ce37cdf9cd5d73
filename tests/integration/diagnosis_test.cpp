#include "tests/integration/served.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace {

using namespace cadenza;
namespace api = uber::cadence::api::v1;
using nlohmann::json;

/// A server whose actors may be killed, with a domain.
struct hospital : test::served {
  hospital() : served("ward", "chaos:\n  enabled: true\n") {}

  api::PollForDecisionTaskResponse decision() { return decision_of("deciders"); }
  void decide(const api::PollForDecisionTaskResponse& task, const api::Decision& what) {
    api::RespondDecisionTaskCompletedRequest body;
    body.set_task_token(task.task_token());
    *body.add_decisions() = what;
    ask<api::RespondDecisionTaskCompletedResponse>("WorkerAPI/RespondDecisionTaskCompleted", body);
  }

  /// A workflow that failed because an activity that nobody took timed out; its run id.
  std::string patient() {
    api::StartWorkflowExecutionRequest start;
    start.set_domain("ward");
    start.set_workflow_id("patient");
    start.set_request_id(load::new_uuid());
    start.mutable_workflow_type()->set_name("type");
    start.mutable_task_list()->set_name("deciders");
    start.mutable_execution_start_to_close_timeout()->set_seconds(60);
    start.mutable_task_start_to_close_timeout()->set_seconds(10);
    const auto id = ask<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution", start).run_id();
    api::Decision schedule;
    auto& a = *schedule.mutable_schedule_activity_task_decision_attributes();
    a.set_activity_id("1");
    a.mutable_activity_type()->set_name("pay");
    a.mutable_task_list()->set_name("payers");
    a.mutable_schedule_to_close_timeout()->set_seconds(1);
    a.mutable_schedule_to_start_timeout()->set_seconds(1);
    a.mutable_start_to_close_timeout()->set_seconds(1);
    decide(decision(), schedule);
    api::Decision fail;
    fail.mutable_fail_workflow_execution_decision_attributes()->mutable_failure()->set_reason("no-money");
    decide(decision(), fail); // the second decision comes with the timeout
    return id;
  }

  api::DiagnoseWorkflowExecutionResponse diagnose(const std::string& run_id) {
    api::DiagnoseWorkflowExecutionRequest request;
    request.set_domain("ward");
    request.mutable_workflow_execution()->set_workflow_id("patient");
    request.mutable_workflow_execution()->set_run_id(run_id);
    return ask<api::DiagnoseWorkflowExecutionResponse>("WorkflowAPI/DiagnoseWorkflowExecution", request);
  }
  json report(const api::WorkflowExecution& execution) {
    api::QueryWorkflowRequest request;
    request.set_domain("cadence-system");
    *request.mutable_workflow_execution() = execution;
    request.mutable_query()->set_query_type("query-diagnostics-report");
    request.set_query_reject_condition(api::QUERY_REJECT_CONDITION_NOT_COMPLETED_CLEANLY);
    const auto response = ask<api::QueryWorkflowResponse>("WorkflowAPI/QueryWorkflow", request);
    BOOST_REQUIRE(!response.has_query_rejected());
    return json::parse(response.query_result().data());
  }
};

void check(const json& report) {
  BOOST_TEST(report["DiagnosticsCompleted"].get<bool>());
  const auto& result = report["DiagnosticsResult"];
  const auto& timeouts = result["Timeouts"];
  BOOST_REQUIRE(timeouts["Issues"].size() == 1u);
  BOOST_TEST(timeouts["Issues"][0]["Reason"].get<std::string>() == "SCHEDULE_TO_START");
  const auto& activity = timeouts["Issues"][0]["Metadata"]["ActivityTimeout"];
  BOOST_TEST(activity["ActivityType"].get<std::string>() == "pay");
  BOOST_TEST(activity["ConfiguredTimeout"].get<long>() == 1'000'000'000);
  BOOST_REQUIRE(timeouts["RootCause"].size() == 1u);
  BOOST_TEST(timeouts["RootCause"][0]["RootCauseType"].get<std::string>() == "No worker polls the task list");
  BOOST_TEST(timeouts["RootCause"][0]["Metadata"]["PollersMetadata"]["TaskListName"].get<std::string>() == "payers");
  BOOST_REQUIRE(result["Failures"]["Issues"].size() == 1u);
  BOOST_TEST(result["Failures"]["Issues"][0]["Metadata"]["FailureReason"].get<std::string>() == "no-money");
  BOOST_TEST(result["Retries"].is_null());
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(diagnosis, hospital)

BOOST_AUTO_TEST_CASE(a_run_whose_activity_timed_out_is_diagnosed) {
  const auto run_id = patient();
  const auto out = json::parse(run({"--output", "json", "workflow", "diag", "-w", "patient", "-r", run_id}));
  BOOST_TEST(out["domain"].get<std::string>() == "cadence-system");
  BOOST_TEST(out["workflowId"].get<std::string>() == "ward-" + run_id);
  api::WorkflowExecution execution;
  execution.set_workflow_id(out["workflowId"]);
  execution.set_run_id(out["runId"]);
  report(execution); // answered at any time
  const auto end = end_of(execution, "cadence-system");
  BOOST_TEST(end.has_workflow_execution_completed_event_attributes(), end.ShortDebugString());
  check(report(execution));
  // What the command line says, word for word but for the times.
  const auto stuck = report(execution)["DiagnosticsResult"]["Stuck"];
  BOOST_REQUIRE(stuck["Issues"].size() == out["findings"].size());
  for (std::size_t i = 0; i < out["findings"].size(); ++i) {
    auto kind = out["findings"][i]["kind"].get<std::string>();
    std::replace(kind.begin(), kind.end(), '_', ' ');
    BOOST_TEST(stuck["Issues"][i]["InvariantType"].get<std::string>() == kind);
    BOOST_TEST(!stuck["Issues"][i]["Reason"].get<std::string>().empty());
  }
  check(json::parse(
      run({"workflow", "query", "-w", "ward-" + run_id, "--qt", "query-diagnostics-report"}, "cadence-system")));
}

BOOST_AUTO_TEST_CASE(a_worker_that_is_killed_in_between_costs_no_diagnosis) {
  const auto run_id = patient();
  const auto kill = [&] { run({"admin", "actor", "kill", "node/system_worker"}); };
  BOOST_TEST(run({"admin", "actor", "list"}).find("node/system_worker") != std::string::npos);
  for (int i = 0; i < 10; ++i) {
    if (i % 2 == 0)
      kill();
    const auto execution = diagnose(run_id).diagnostic_workflow_execution();
    kill();
    const auto end = end_of(execution, "cadence-system");
    BOOST_TEST(end.has_workflow_execution_completed_event_attributes(), end.ShortDebugString());
    check(report(execution));
  }
}

BOOST_AUTO_TEST_CASE(a_run_that_is_not_there_fails_its_diagnosis) {
  const auto end = end_of(diagnose(load::new_uuid()).diagnostic_workflow_execution(), "cadence-system");
  BOOST_TEST(end.workflow_execution_failed_event_attributes().failure().reason() == "entity_not_exists");
}

BOOST_AUTO_TEST_SUITE_END()
