#include "tests/unit/cli/run_fixture.hpp"

#include "uber/cadence/api/v1/error.pb.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

using namespace cadenza::test;

namespace {

constexpr int already_exists = 6;

} // namespace

BOOST_FIXTURE_TEST_SUITE(commands, run_fixture)

BOOST_AUTO_TEST_CASE(start_prints_the_ids_and_sends_what_was_asked) {
  answer_start();
  const auto result =
      run(start_words({"--input", "1 \"two\"", "--memo_key", "a b", "--memo", "1 {\"x\":2}", "--search_attr_key", "K",
                       "--search_attr_value", "5", "--retry_attempts", "3", "--wrp", "3", "--cron", "@every 3s"}));
  BOOST_TEST(result.code == 0, result.err);
  BOOST_TEST(result.out == "Started Workflow Id: id, run Id: run-1\n");
  BOOST_TEST(result.err.empty());
  const auto request = server.last<api::StartWorkflowExecutionRequest>("WorkflowAPI/StartWorkflowExecution");
  BOOST_TEST(request.domain() == "d");
  BOOST_TEST(request.task_list().name() == "list");
  BOOST_TEST(request.input().data() == "1 \"two\"");
  BOOST_TEST(request.request_id().size() == 36u);
  BOOST_TEST(request.execution_start_to_close_timeout().seconds() == 60);
  BOOST_TEST(request.task_start_to_close_timeout().seconds() == 10);
  BOOST_TEST(request.memo().fields().at("b").data() == "{\"x\":2}");
  BOOST_TEST(request.search_attributes().indexed_fields().at("K").data() == "5");
  BOOST_TEST(request.retry_policy().maximum_attempts() == 3);
  BOOST_TEST(request.retry_policy().initial_interval().seconds() == 10);
  BOOST_TEST(request.retry_policy().backoff_coefficient() == 1.0);
  BOOST_TEST(request.workflow_id_reuse_policy() == api::WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING);
  BOOST_TEST(request.cron_schedule() == "@every 3s");
  BOOST_TEST(request.identity().starts_with("cadence-cli@"));
}

BOOST_AUTO_TEST_CASE(every_call_carries_the_headers_of_this_protocols_tools) {
  answer_start();
  BOOST_REQUIRE(run(start_words()).code == 0);
  const auto calls = server.calls();
  BOOST_REQUIRE(calls.size() == 1u);
  const std::map<std::string, std::string> expected{
      {"rpc-caller", "cadence-cli"},
      {"rpc-service", "cadence-frontend"},
      {"rpc-encoding", "proto"},
      {"cadence-client-name", "cli"},
      {"cadence-client-feature-version", "1.7.0"},
      {"cadence-client-feature-flags", R"({"WorkflowExecutionAlreadyCompletedErrorEnabled":true})"},
      {"cadence-caller-type", "cli"}};
  for (const auto& [key, value] : expected) {
    const auto found = calls[0].headers.find(key);
    BOOST_REQUIRE_MESSAGE(found != calls[0].headers.end(), key);
    BOOST_TEST(found->second == value, key);
  }
  BOOST_TEST(calls[0].headers.count("cadence-authorization") == 0u);
}

BOOST_AUTO_TEST_CASE(a_token_is_sent_when_given) {
  answer_start();
  BOOST_REQUIRE(run(start_words({"--jwt", "abc"})).code == 0);
  BOOST_TEST(server.calls().at(0).headers.find("cadence-authorization")->second == "abc");
}

BOOST_AUTO_TEST_CASE(start_without_an_id_makes_one) {
  answer_start();
  const auto result = run({"wf", "start", "-tl", "list", "-wt", "Type", "-et", "60", "--output", "json"});
  BOOST_REQUIRE(result.code == 0);
  const auto document = nlohmann::json::parse(result.out);
  BOOST_TEST(document["workflowId"].get<std::string>().size() == 36u);
  BOOST_TEST(document["runId"] == "run-1");
}

BOOST_AUTO_TEST_CASE(input_that_is_no_json_is_refused_before_any_call) {
  for (const char* wrong : {"hello", "{", "1 2 \"", "[1,]"}) {
    const auto result = run(start_words({"--input", wrong}));
    BOOST_TEST(result.code == 1, wrong);
    BOOST_TEST(result.out.empty());
    BOOST_TEST(result.err.find("not valid JSON") != std::string::npos, result.err);
  }
  BOOST_TEST(server.calls().empty());
}

BOOST_AUTO_TEST_CASE(errors_go_to_the_error_stream_with_what_the_detail_says) {
  server.on<api::StartWorkflowExecutionRequest, api::StartWorkflowExecutionResponse>(
      "WorkflowAPI/StartWorkflowExecution", [](const auto&, auto&) {
        api::WorkflowExecutionAlreadyStartedError detail;
        detail.set_run_id("run-0");
        return answer::error(already_exists, "Workflow execution is already running.", detail);
      });
  const auto result = run(start_words());
  BOOST_TEST(result.code == 1);
  BOOST_TEST(result.out.empty());
  BOOST_TEST(result.err ==
             "Error: Failed to create workflow.\nError Details: Workflow execution is already running. Run id: "
             "run-0.\n");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_is_named) {
  const auto result = run_cli({"--address", "127.0.0.1:1", "--do", "d", "wf", "cancel", "-w", "id"});
  BOOST_TEST(result.code == 1);
  BOOST_TEST(result.err.find("nothing listens on 127.0.0.1:1; start a server with") != std::string::npos, result.err);
}

BOOST_AUTO_TEST_CASE(methods_the_server_does_not_have_are_an_error) {
  const auto result = run({"wf", "signal", "-w", "id", "-n", "name"});
  BOOST_TEST(result.code == 1);
  BOOST_TEST(result.err.starts_with("Error: Signal workflow failed.\n"), result.err);
}

BOOST_AUTO_TEST_CASE(run_shows_progress_by_long_poll_and_the_result) {
  answer_start();
  answer_history();
  auto words = start_words({"--input", "5"});
  words[1] = "run";
  const auto result = run(words);
  BOOST_TEST(result.code == 0, result.err);
  BOOST_TEST(result.out.starts_with("Running execution:\n"
                                    "  Workflow Id : id\n"
                                    "  Run Id      : run-1\n"
                                    "  Type        : Type\n"
                                    "  Domain      : d\n"
                                    "  Task List   : list\n"
                                    "  Args        : 5\n"
                                    "Progress:\n"
                                    "  1, 2023-11-14T22:13:20Z, WorkflowExecutionStarted\n"
                                    "  2, 2023-11-14T22:13:21Z, DecisionTaskStarted\n"
                                    "  3, 2023-11-14T22:13:22Z, WorkflowExecutionCompleted\n"
                                    "\nResult:\n  Run Time: "),
             result.out);
  BOOST_TEST(result.out.ends_with(" seconds\n  Status: COMPLETED\n  Output: \"done\"\n"), result.out);
  BOOST_TEST(result.err.empty(), result.err);
}

BOOST_AUTO_TEST_CASE(observe_shows_details_when_asked) {
  answer_history();
  const auto result = run({"wf", "ob", "-w", "id", "-sd", "-maxl", "20"});
  BOOST_TEST(result.code == 0, result.err);
  BOOST_TEST(
      result.out.find("WorkflowExecutionStarted, {WorkflowType:{Name:Type}, Input:[\"xxxxxxxx ... xxxxxxxx\"]}") !=
          std::string::npos,
      result.out);
}

BOOST_AUTO_TEST_CASE(observe_as_json_is_one_document) {
  answer_history();
  const auto result = run({"--output", "json", "wf", "observeid", "id"});
  BOOST_REQUIRE(result.code == 0);
  const auto document = nlohmann::json::parse(result.out);
  BOOST_TEST(document["status"] == "COMPLETED");
  BOOST_TEST(document["output"] == "done"); // decoded: no JSON inside a text
}

BOOST_AUTO_TEST_CASE(show_prints_a_table_and_pending_activities) {
  answer_history();
  answer_describe();
  const auto result = run({"wf", "show", "-w", "id", "--pdt"});
  BOOST_TEST(result.code == 0, result.err);
  BOOST_TEST(
      result.out.starts_with("  1  2023-11-14T22:13:20Z  WorkflowExecutionStarted    {WorkflowType:{Name:Type},"),
      result.out);
  BOOST_TEST(result.out.find("  3  2023-11-14T22:13:22Z  WorkflowExecutionCompleted  {Result:[\"done\"]}\n") !=
                 std::string::npos,
             result.out);
  BOOST_TEST(result.out.find("xx ...\n") != std::string::npos);
  BOOST_TEST(
      result.out.find("History Source: Default Storage\n============Workflow Pending activities============\n") !=
      std::string::npos);
  BOOST_TEST(result.out.find("\"HeartbeatDetails\": 42") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(show_can_write_a_file_that_replays) {
  answer_history();
  answer_describe();
  const auto path = std::filesystem::temp_directory_path() / "cadenza-cli-test-history.json";
  const auto result = run({"wf", "showid", "id", "--of", path.string(), "--eid", "3"});
  BOOST_TEST(result.code == 0, result.err);
  std::ifstream file{path};
  const auto document = nlohmann::json::parse(file);
  std::filesystem::remove(path);
  BOOST_TEST(document.size() == 3u);
  BOOST_TEST(document[2]["eventType"] == "WorkflowExecutionCompleted");
  BOOST_TEST(document[2]["workflowExecutionCompletedEventAttributes"]["result"] == "ImRvbmUi");
  BOOST_TEST(result.out.starts_with("{EventID:3, EventTime:2023-11-14T22:13:22Z, "), result.out);
}

BOOST_AUTO_TEST_CASE(show_refuses_an_event_that_is_not_there) {
  answer_history();
  const auto result = run({"wf", "show", "-w", "id", "--eid", "4"});
  BOOST_TEST(result.code == 1);
  BOOST_TEST(result.err == "Error: EventId out of range.\nError Details: number should be 1 - 3 inclusive\n");
}

BOOST_AUTO_TEST_CASE(describe_is_readable_json) {
  answer_describe();
  const auto result = run({"wf", "desc", "-w", "id", "--qcl", "strong"});
  BOOST_REQUIRE(result.code == 0);
  const auto document = nlohmann::json::parse(result.out);
  const auto& info = document["WorkflowExecutionInfo"];
  BOOST_TEST(info["Execution"]["workflowId"] == "id");
  BOOST_TEST(info["StartTime"] == "2023-11-14T22:13:20Z");
  BOOST_TEST(info["CloseStatus"].is_null());
  BOOST_TEST(info["Memo"]["fields"]["note"]["a"] == 1);
  BOOST_TEST(document["PendingActivities"][0]["State"] == "STARTED");
  BOOST_TEST(server.last<api::DescribeWorkflowExecutionRequest>("WorkflowAPI/DescribeWorkflowExecution")
                 .query_consistency_level() == api::QUERY_CONSISTENCY_LEVEL_STRONG);
}

BOOST_AUTO_TEST_SUITE_END()
