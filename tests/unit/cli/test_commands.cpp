#include "tests/unit/cli/fake_server.hpp"
#include "tests/unit/cli/runner.hpp"

#include "uber/cadence/api/v1/error.pb.h"
#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

using namespace cadenza::test;
namespace api = uber::cadence::api::v1;

namespace {

constexpr int invalid_argument = 3;
constexpr int not_found = 5;
constexpr int already_exists = 6;
constexpr std::int64_t start_seconds = 1'700'000'000;

/// A server and a way to run the command line against it.
struct fixture {
  fake_server server;

  output run(std::vector<std::string> words, const std::string& input = {}) const {
    words.insert(words.begin(), {"--address", server.address(), "--domain", "d"});
    return run_cli(std::move(words), {}, input);
  }

  void answer_start() {
    server.on<api::StartWorkflowExecutionRequest, api::StartWorkflowExecutionResponse>(
        "WorkflowAPI/StartWorkflowExecution", [](const auto&, auto& response) {
          response.set_run_id("run-1");
          return answer::ok();
        });
  }

  /// A history of three events, the third of which comes only after one empty long poll.
  void answer_history() {
    server.on<api::GetWorkflowExecutionHistoryRequest, api::GetWorkflowExecutionHistoryResponse>(
        "WorkflowAPI/GetWorkflowExecutionHistory", [](const auto& request, auto& response) {
          const auto& token = request.next_page_token();
          if (token.empty()) {
            auto& first = *response.mutable_history()->add_events();
            first.set_event_id(1);
            first.set_version(-24);
            first.mutable_event_time()->set_seconds(start_seconds);
            auto& started = *first.mutable_workflow_execution_started_event_attributes();
            started.mutable_workflow_type()->set_name("Type");
            started.mutable_input()->set_data("\"" + std::string(600, 'x') + "\"");
            auto& second = *response.mutable_history()->add_events();
            second.set_event_id(2);
            second.mutable_event_time()->set_seconds(start_seconds + 1);
            second.mutable_decision_task_started_event_attributes()->set_scheduled_event_id(2);
            response.set_next_page_token("2");
          } else if (token == "2" && request.wait_for_new_event()) {
            response.set_next_page_token("3");
          } else {
            auto& last = *response.mutable_history()->add_events();
            last.set_event_id(3);
            last.mutable_event_time()->set_seconds(start_seconds + 2);
            last.mutable_workflow_execution_completed_event_attributes()->mutable_result()->set_data("\"done\"");
          }
          return answer::ok();
        });
  }

  void answer_describe() {
    server.on<api::DescribeWorkflowExecutionRequest, api::DescribeWorkflowExecutionResponse>(
        "WorkflowAPI/DescribeWorkflowExecution", [](const auto& request, auto& response) {
          auto& info = *response.mutable_workflow_execution_info();
          *info.mutable_workflow_execution() = request.workflow_execution();
          info.mutable_workflow_execution()->set_run_id("run-1");
          info.mutable_type()->set_name("Type");
          info.mutable_start_time()->set_seconds(start_seconds);
          info.set_history_length(3);
          (*info.mutable_memo()->mutable_fields())["note"].set_data("{\"a\":1}");
          auto& activity = *response.add_pending_activities();
          activity.set_activity_id("7");
          activity.set_state(api::PENDING_ACTIVITY_STATE_STARTED);
          activity.mutable_heartbeat_details()->set_data("42");
          return answer::ok();
        });
  }
};

std::vector<std::string> start_words(std::vector<std::string> more = {}) {
  std::vector<std::string> words{"workflow", "start", "-tl", "list", "-wt", "Type", "-et", "60", "-w", "id"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(commands, fixture)

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

BOOST_AUTO_TEST_CASE(list_shows_closed_runs_in_a_table) {
  server.on<api::ListClosedWorkflowExecutionsRequest, api::ListClosedWorkflowExecutionsResponse>(
      "VisibilityAPI/ListClosedWorkflowExecutions", [](const auto&, auto& response) {
        auto& run = *response.add_executions();
        run.mutable_type()->set_name("Type");
        run.mutable_workflow_execution()->set_workflow_id("id");
        run.mutable_workflow_execution()->set_run_id("run-1");
        run.set_task_list("list");
        run.mutable_start_time()->set_seconds(start_seconds);
        run.mutable_close_time()->set_seconds(start_seconds + 1);
        run.set_close_status(api::WORKFLOW_EXECUTION_CLOSE_STATUS_COMPLETED);
        run.set_history_length(11);
        response.set_next_page_token("more");
        return answer::ok();
      });
  const auto result = run({"wf", "list", "--status", "completed", "--et", "3d", "-prt"});
  BOOST_TEST(result.code == 0, result.err);
  BOOST_TEST(result.out ==
             "  WORKFLOW TYPE | WORKFLOW ID | RUN ID | TASK LIST | IS CRON |     START TIME      | EXECUTION TIME |"
             "      END TIME       | CLOSE STATUS | HISTORY LENGTH | UPDATE TIME | EXECUTION STATUS\n"
             "  Type          | id          | run-1  | list      | false   | 1700000000000000000 |                |"
             " 1700000001000000000 | COMPLETED    |             11 |             |\n");
  const auto request =
      server.last<api::ListClosedWorkflowExecutionsRequest>("VisibilityAPI/ListClosedWorkflowExecutions");
  BOOST_TEST(request.page_size() == 10);
  BOOST_TEST(request.status_filter().status() == api::WORKFLOW_EXECUTION_CLOSE_STATUS_COMPLETED);
  BOOST_TEST(request.start_time_filter().latest_time().seconds() -
                 request.start_time_filter().earliest_time().seconds() ==
             3 * 86400);
}

BOOST_AUTO_TEST_CASE(list_all_follows_the_pages_and_templates_pick_fields) {
  server.on<api::ListOpenWorkflowExecutionsRequest, api::ListOpenWorkflowExecutionsResponse>(
      "VisibilityAPI/ListOpenWorkflowExecutions", [](const auto& request, auto& response) {
        const bool first = request.next_page_token().empty();
        response.add_executions()->mutable_workflow_execution()->set_workflow_id(first ? "a" : "b");
        response.set_next_page_token(first ? "2" : "");
        return answer::ok();
      });
  const auto result = run({"wf", "la", "--op", "--format", "id={{.WorkflowID}}"});
  BOOST_TEST(result.out == "id=a\nid=b\n");
  BOOST_TEST(nlohmann::json::parse(run({"--output", "json", "wf", "la", "--op"}).out).size() == 2u);
  const auto rows = run({"wf", "la", "--op", "--format", "{{json .}}"}).out;
  BOOST_TEST(nlohmann::json::parse(rows.substr(0, rows.find('\n')))["WorkflowID"] == "a");
  const auto wrong = run({"wf", "la", "--op", "--format", "{{.Nothing}}"});
  BOOST_TEST(wrong.code == 1);
  BOOST_TEST(wrong.err.find(".WorkflowID") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(list_pages_on_enter_and_stops_on_anything_else) {
  server.on<api::ListWorkflowExecutionsRequest, api::ListWorkflowExecutionsResponse>(
      "VisibilityAPI/ListWorkflowExecutions", [](const auto& request, auto& response) {
        response.add_executions()->mutable_workflow_execution()->set_workflow_id("page" + request.next_page_token());
        response.set_next_page_token(request.next_page_token() + "x");
        return answer::ok();
      });
  const std::vector<std::string> words{"wf", "list", "-m", "-q", "CloseTime = missing", "--format", "{{.WorkflowID}}"};
  auto line = words;
  line.insert(line.begin(), {"--address", server.address(), "--domain", "d"});
  BOOST_TEST(run_cli(line, {}, "\n\nq\n", true).out == "page\npagex\npagexx\n");
}

BOOST_AUTO_TEST_CASE(lists_refuse_filters_that_exclude_each_other) {
  BOOST_TEST(run({"wf", "list", "--op", "-s", "failed"}).code == 1);
  BOOST_TEST(run({"wf", "list", "-w", "id", "-wt", "type"}).code == 1);
  BOOST_TEST(run({"wf", "list", "-s", "finished"}).err.find("continued_as_new") != std::string::npos);
  BOOST_TEST(run({"wf", "list", "-et", "3days"}).err.find("cannot parse time '3days'") != std::string::npos);
  BOOST_TEST(server.calls().empty());
}

BOOST_AUTO_TEST_CASE(count_prints_the_number) {
  server.on<api::CountWorkflowExecutionsRequest, api::CountWorkflowExecutionsResponse>(
      "VisibilityAPI/CountWorkflowExecutions", [](const auto&, auto& response) {
        response.set_count(12);
        return answer::ok();
      });
  BOOST_TEST(run({"wf", "count"}).out == "12\n");
}

BOOST_AUTO_TEST_CASE(query_prints_the_bytes_as_they_are) {
  server.on<api::QueryWorkflowRequest, api::QueryWorkflowResponse>(
      "WorkflowAPI/QueryWorkflow", [](const auto& request, auto& response) {
        if (request.query_reject_condition() != 0)
          response.mutable_query_rejected()->set_close_status(api::WORKFLOW_EXECUTION_CLOSE_STATUS_FAILED);
        else
          response.mutable_query_result()->set_data("result of " + request.query().query_type());
        return answer::ok();
      });
  BOOST_TEST(run({"wf", "query", "-w", "id", "-qt", "state"}).out == "result of state");
  BOOST_TEST(run({"wf", "stack", "-w", "id"}).out == "result of __stack_trace");
  BOOST_TEST(run({"wf", "query-types", "-w", "id"}).out == "result of __query_types");
  BOOST_TEST(run({"wf", "query", "-w", "id", "-qt", "state", "-qrc", "not_open"}).out ==
             "Query was rejected, workflow is in state: FAILED\n");
}

BOOST_AUTO_TEST_CASE(failed_queries_show_the_workers_text) {
  server.on<api::QueryWorkflowRequest, api::QueryWorkflowResponse>("WorkflowAPI/QueryWorkflow", [](const auto&, auto&) {
    return answer::error(invalid_argument, "unknown queryType x", api::QueryFailedError{});
  });
  BOOST_TEST(run({"wf", "query", "-w", "id", "-qt", "x"}).err ==
             "Error: Query workflow failed.\nError Details: unknown queryType x\n");
}

BOOST_AUTO_TEST_CASE(reset_finds_the_last_decision) {
  server.on<api::GetWorkflowExecutionHistoryRequest, api::GetWorkflowExecutionHistoryResponse>(
      "WorkflowAPI/GetWorkflowExecutionHistory", [](const auto&, auto& response) {
        for (int id = 1; id <= 12; ++id) {
          auto& event = *response.mutable_history()->add_events();
          event.set_event_id(id);
          event.mutable_event_time()->set_seconds(start_seconds + id);
          if (id % 4 == 0)
            event.mutable_decision_task_completed_event_attributes();
          else
            event.mutable_decision_task_scheduled_event_attributes();
        }
        return answer::ok();
      });
  server.on<api::ResetWorkflowExecutionRequest, api::ResetWorkflowExecutionResponse>(
      "WorkflowAPI/ResetWorkflowExecution", [](const auto&, auto& response) {
        response.set_run_id("run-2");
        return answer::ok();
      });
  answer_describe();
  const auto event_of = [this](std::vector<std::string> more) {
    more.insert(more.begin(), {"wf", "reset", "-w", "id", "--reason", "why"});
    const auto result = run(more);
    BOOST_TEST(result.code == 0, result.err);
    BOOST_TEST(result.out == "{\n  \"runId\": \"run-2\"\n}\n");
    return server.last<api::ResetWorkflowExecutionRequest>("WorkflowAPI/ResetWorkflowExecution");
  };
  BOOST_TEST(event_of({"--event_id", "5"}).decision_finish_event_id() == 5);
  const auto last = event_of({"--reset_type", "LastDecisionCompleted"});
  BOOST_TEST(last.decision_finish_event_id() == 12);
  BOOST_TEST(last.workflow_execution().run_id() == "run-1");
  BOOST_TEST(last.reason().ends_with(":why"));
  BOOST_TEST(
      event_of({"--reset_type", "LastDecisionCompleted", "--decision_offset", "-1"}).decision_finish_event_id() == 8);
  BOOST_TEST(event_of({"--reset_type", "FirstDecisionCompleted"}).decision_finish_event_id() == 4);
  BOOST_TEST(event_of({"--reset_type", "FirstDecisionScheduled"}).decision_finish_event_id() == 2);
  BOOST_TEST(event_of({"--reset_type", "LastDecisionScheduled"}).decision_finish_event_id() == 12);
  BOOST_TEST(
      event_of({"--reset_type", "DecisionCompletedTime", "-et", "2023-11-14T22:13:25Z"}).decision_finish_event_id() ==
      8);
  BOOST_TEST(
      event_of({"--reset_type", "DecisionCompletedTime", "-lt", "2023-11-14T22:13:25Z"}).decision_finish_event_id() ==
      4);
  BOOST_TEST(run({"wf", "reset", "-w", "id", "--reason", "why"}).err ==
             "Error: missing: --event_id N or --reset_type TYPE\n");
}

BOOST_AUTO_TEST_CASE(a_bad_binarys_reset_point_may_be_of_an_earlier_run) {
  server.on<api::DescribeWorkflowExecutionRequest, api::DescribeWorkflowExecutionResponse>(
      "WorkflowAPI/DescribeWorkflowExecution", [](const auto&, auto& response) {
        auto& info = *response.mutable_workflow_execution_info();
        info.mutable_workflow_execution()->set_run_id("run-2");
        auto& point = *info.mutable_auto_reset_points()->add_points();
        point.set_binary_checksum("bad");
        point.set_run_id("run-1");
        point.set_first_decision_completed_id(4);
        point.set_resettable(true);
        return answer::ok();
      });
  server.on<api::ResetWorkflowExecutionRequest, api::ResetWorkflowExecutionResponse>(
      "WorkflowAPI/ResetWorkflowExecution", [](const auto&, auto&) { return answer::ok(); });
  BOOST_TEST(run({"wf", "reset", "-w", "id", "--reason", "why", "--reset_type", "BadBinary",
                  "--reset_bad_binary_checksum", "bad"})
                 .code == 0);
  const auto request = server.last<api::ResetWorkflowExecutionRequest>("WorkflowAPI/ResetWorkflowExecution");
  BOOST_TEST(request.workflow_execution().run_id() == "run-1");
  BOOST_TEST(request.decision_finish_event_id() == 4);
}

BOOST_AUTO_TEST_CASE(controls_say_that_they_worked) {
  server.on<api::TerminateWorkflowExecutionRequest, api::TerminateWorkflowExecutionResponse>(
      "WorkflowAPI/TerminateWorkflowExecution", [](const auto&, auto&) { return answer::ok(); });
  server.on<api::RequestCancelWorkflowExecutionRequest, api::RequestCancelWorkflowExecutionResponse>(
      "WorkflowAPI/RequestCancelWorkflowExecution", [](const auto&, auto&) { return answer::ok(); });
  server.on<api::SignalWorkflowExecutionRequest, api::SignalWorkflowExecutionResponse>(
      "WorkflowAPI/SignalWorkflowExecution", [](const auto&, auto&) { return answer::ok(); });
  BOOST_TEST(run({"wf", "term", "-w", "id", "-r", "run", "--reason", "old"}).out == "Terminate workflow succeeded.\n");
  BOOST_TEST(run({"wf", "cancel", "-w", "id"}).out == "Cancel workflow succeeded.\n");
  BOOST_TEST(run({"wf", "signal", "-w", "id", "-n", "go", "-i", "{}"}).out == "Signal workflow succeeded.\n");
  const auto terminate = server.last<api::TerminateWorkflowExecutionRequest>("WorkflowAPI/TerminateWorkflowExecution");
  BOOST_TEST(terminate.reason() == "old");
  BOOST_TEST(terminate.workflow_execution().run_id() == "run");
}

BOOST_AUTO_TEST_CASE(diagnose_names_the_workflow_that_does_it) {
  server.on<api::DiagnoseWorkflowExecutionRequest, api::DiagnoseWorkflowExecutionResponse>(
      "WorkflowAPI/DiagnoseWorkflowExecution", [](const auto& request, auto& response) {
        response.set_domain("cadence-system");
        auto& execution = *response.mutable_diagnostic_workflow_execution();
        execution.set_workflow_id("d-" + request.workflow_execution().run_id());
        execution.set_run_id("run-9");
        return answer::ok();
      });
  answer_describe();
  answer_history();
  const auto result = run({"wf", "diag", "id"}); // the current run's
  BOOST_TEST(result.code == 0, result.err);
  BOOST_TEST(result.out.ends_with("The server's report, for programs: cadenza --domain cadence-system workflow query "
                                  "d-run-1 query-diagnostics-report\n"),
             result.out);
  const auto document = nlohmann::json::parse(run({"--output", "json", "wf", "diagnose", "id", "run-1"}).out);
  BOOST_TEST(document["workflowId"] == "d-run-1");
  BOOST_TEST(document["findings"].is_array());
}

BOOST_AUTO_TEST_CASE(a_closed_workflow_is_told_from_one_that_never_was) {
  server.on<api::TerminateWorkflowExecutionRequest, api::TerminateWorkflowExecutionResponse>(
      "WorkflowAPI/TerminateWorkflowExecution", [](const auto&, auto&) {
        return answer::error(not_found, "Workflow execution already completed.",
                             api::WorkflowExecutionAlreadyCompletedError{});
      });
  BOOST_TEST(run({"wf", "term", "-w", "id"}).err ==
             "Error: Terminate workflow failed.\nError Details: Workflow execution already completed.\n");
}

BOOST_AUTO_TEST_CASE(signal_with_start_sends_both) {
  server.on<api::SignalWithStartWorkflowExecutionRequest, api::SignalWithStartWorkflowExecutionResponse>(
      "WorkflowAPI/SignalWithStartWorkflowExecution", [](const auto&, auto& response) {
        response.set_run_id("run-9");
        return answer::ok();
      });
  auto words = start_words({"-n", "go", "-si", "7"});
  words[1] = "signalwithstart";
  BOOST_TEST(run(words).out == "SignalWithStart workflow succeeded. Workflow Id: id, run Id: run-9\n");
  const auto request =
      server.last<api::SignalWithStartWorkflowExecutionRequest>("WorkflowAPI/SignalWithStartWorkflowExecution");
  BOOST_TEST(request.signal_name() == "go");
  BOOST_TEST(request.signal_input().data() == "7");
  BOOST_TEST(request.start_request().workflow_id() == "id");
}

BOOST_AUTO_TEST_SUITE_END()
