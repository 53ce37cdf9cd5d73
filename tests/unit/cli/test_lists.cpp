#include "tests/unit/cli/run_fixture.hpp"

#include "uber/cadence/api/v1/error.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace cadenza::test;

namespace {

constexpr int invalid_argument = 3;
constexpr int not_found = 5;

} // namespace

BOOST_FIXTURE_TEST_SUITE(lists_and_controls, run_fixture)

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
