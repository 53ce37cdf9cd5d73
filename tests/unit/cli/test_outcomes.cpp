#include "tests/unit/cli/fake_server.hpp"
#include "tests/unit/cli/runner.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/error.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"
#include "uber/cadence/api/v1/service_worker.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <boost/test/unit_test.hpp>
#include <ctime>
#include <nlohmann/json.hpp>

/// What people are told: how a run ended, why something cannot be done, what is there instead of nothing.
using namespace cadenza::test;
using nlohmann::json;
namespace api = uber::cadence::api::v1;
namespace admin = uber::cadence::admin::v1;

namespace {

constexpr int invalid_argument = 3;
constexpr int deadline_exceeded = 4;
constexpr int not_found = 5;
constexpr int unavailable = 14;
constexpr std::int64_t start_seconds = 1'700'000'000;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

struct fixture {
  fake_server server;
  std::vector<api::HistoryEvent> events; ///< what the history holds; the last closes the run
  int failures_first = 0;                ///< reads of the history that are answered with UNAVAILABLE, after the first

  output run(std::vector<std::string> words, bool terminal = false) const {
    words.insert(words.begin(), {"--address", server.address(), "--domain", "d"});
    return run_cli(std::move(words), {}, {}, terminal, terminal ? 120 : 0);
  }

  api::HistoryEvent& add() {
    auto& event = events.emplace_back();
    event.set_event_id(static_cast<std::int64_t>(events.size()));
    event.mutable_event_time()->set_seconds(start_seconds);
    return event;
  }

  /// The first page has one event, each long poll after it one more.
  void answer_history() {
    server.on<api::GetWorkflowExecutionHistoryRequest, api::GetWorkflowExecutionHistoryResponse>(
        "WorkflowAPI/GetWorkflowExecutionHistory", [this](const auto& request, auto& response) {
          const auto at = request.next_page_token().empty() ? 0 : std::stoul(request.next_page_token());
          if (at > 0 && failures_first-- > 0)
            return answer::error(unavailable, "the server is shutting down");
          *response.mutable_history()->add_events() = events.at(at);
          if (at + 1 < events.size())
            response.set_next_page_token(std::to_string(at + 1));
          return answer::ok();
        });
  }

  void answer_pollers(int count) {
    server.on<api::DescribeTaskListRequest, api::DescribeTaskListResponse>(
        "WorkflowAPI/DescribeTaskList", [count](const auto&, auto& response) {
          for (int i = 0; i < count; ++i)
            response.add_pollers()->mutable_last_access_time()->set_seconds(start_seconds);
          return answer::ok();
        });
  }

  /// The pending activities 0 (running), 1 (its fifth attempt is due in an hour) and 2 (no worker has it).
  void answer_describe() {
    server.on<api::DescribeWorkflowExecutionRequest, api::DescribeWorkflowExecutionResponse>(
        "WorkflowAPI/DescribeWorkflowExecution", [](const auto&, auto& response) {
          response.mutable_execution_configuration()->mutable_task_list()->set_name("orders");
          for (int id = 0; id < 3; ++id) {
            auto& activity = *response.add_pending_activities();
            activity.set_activity_id(std::to_string(id));
            activity.set_state(id == 0 ? api::PENDING_ACTIVITY_STATE_STARTED : api::PENDING_ACTIVITY_STATE_SCHEDULED);
            activity.set_attempt(id == 1 ? 4 : 0);
            activity.mutable_scheduled_time()->set_seconds(std::time(nullptr) + 3600 + 30);
          }
          return answer::ok();
        });
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(outcomes, fixture)

BOOST_AUTO_TEST_CASE(the_exit_code_tells_how_a_watched_run_ended) {
  answer_history();
  const auto code_of = [this](const std::function<void(api::HistoryEvent&)>& end) {
    events.clear();
    add().mutable_workflow_execution_started_event_attributes();
    end(add());
    return run({"workflow", "observe", "id"}).code;
  };
  BOOST_TEST(code_of([](auto& e) { e.mutable_workflow_execution_completed_event_attributes(); }) == 0);
  BOOST_TEST(code_of([](auto& e) { e.mutable_workflow_execution_continued_as_new_event_attributes(); }) == 0);
  BOOST_TEST(code_of([](auto& e) { e.mutable_workflow_execution_failed_event_attributes(); }) == 2);
  BOOST_TEST(code_of([](auto& e) { e.mutable_workflow_execution_timed_out_event_attributes(); }) == 2);
  BOOST_TEST(code_of([](auto& e) { e.mutable_workflow_execution_canceled_event_attributes(); }) == 2);
  BOOST_TEST(code_of([](auto& e) { e.mutable_workflow_execution_terminated_event_attributes(); }) == 2);
  server.on<api::GetWorkflowExecutionHistoryRequest, api::GetWorkflowExecutionHistoryResponse>(
      "WorkflowAPI/GetWorkflowExecutionHistory",
      [](const auto&, auto&) { return answer::error(not_found, "gone", api::EntityNotExistsError{}); });
  BOOST_TEST(run({"workflow", "observe", "id"}).code == 1);
}

BOOST_AUTO_TEST_CASE(what_failed_or_timed_out_is_told_with_its_reason) {
  answer_history();
  add().mutable_workflow_execution_started_event_attributes()->mutable_task_list()->set_name("orders");
  add().mutable_decision_task_scheduled_event_attributes();
  add().mutable_decision_task_started_event_attributes();
  auto& failed = *add().mutable_decision_task_failed_event_attributes();
  failed.set_cause(api::DECISION_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE);
  failed.mutable_failure()->set_reason("cadenceInternal:Generic");
  failed.mutable_failure()->set_details("\"unable to find workflow type: NoSuchType\"");
  add().mutable_activity_task_timed_out_event_attributes()->set_timeout_type(api::TIMEOUT_TYPE_HEARTBEAT);
  add().mutable_workflow_execution_timed_out_event_attributes()->set_timeout_type(api::TIMEOUT_TYPE_START_TO_CLOSE);
  const auto result = run({"workflow", "observe", "id"});
  BOOST_TEST(has(result.out,
                 "DecisionTaskFailed, WORKFLOW_WORKER_UNHANDLED_FAILURE: cadenceInternal:Generic: unable to "
                 "find workflow type: NoSuchType\n"),
             result.out);
  BOOST_TEST(has(result.out, "ActivityTaskTimedOut, HEARTBEAT\n"), result.out);
  BOOST_TEST(has(result.out, "Status: TIMEOUT\n"), result.out);
  BOOST_TEST(has(result.out, "  Cause: the last failure was ActivityTaskTimedOut: HEARTBEAT\n"), result.out);
  const auto document = json::parse(run({"--output", "json", "workflow", "observe", "id"}).out);
  BOOST_TEST(document["status"] == "TIMEOUT");
  BOOST_TEST(document["timeoutType"] == "START_TO_CLOSE");
}

BOOST_AUTO_TEST_CASE(a_run_that_timed_out_without_a_worker_says_so) {
  answer_history();
  add().mutable_workflow_execution_started_event_attributes()->mutable_task_list()->set_name("nobody");
  add().mutable_decision_task_scheduled_event_attributes();
  add().mutable_workflow_execution_timed_out_event_attributes();
  BOOST_TEST(has(run({"workflow", "observe", "id"}).out,
                 "  Cause: no worker took the decision that waited in task list nobody\n"));
}

BOOST_AUTO_TEST_CASE(observe_reads_on_when_the_server_starts_again) {
  answer_history();
  failures_first = 2;
  add().mutable_workflow_execution_started_event_attributes();
  add().mutable_workflow_execution_completed_event_attributes()->mutable_result()->set_data("1");
  const auto result = run({"workflow", "observe", "id"});
  BOOST_TEST(result.code == 0, result.err);
  BOOST_TEST(has(result.out, "Output: 1\n"), result.out);
  BOOST_TEST(result.err == "the server is shutting down; trying again\n"); // once
}

BOOST_AUTO_TEST_CASE(an_answer_is_not_told_as_none) {
  server.on<api::ListClosedWorkflowExecutionsRequest, api::ListClosedWorkflowExecutionsResponse>(
      "VisibilityAPI/ListClosedWorkflowExecutions",
      [](const auto&, auto&) { return answer::error(unavailable, "the visibility store is not available"); });
  BOOST_TEST(run({"workflow", "list"}).err ==
             "Error: Failed to list workflow.\nError Details: the visibility store is not available\n");
}

BOOST_AUTO_TEST_CASE(a_query_that_no_worker_answers_says_that) {
  server.on<api::QueryWorkflowRequest, api::QueryWorkflowResponse>(
      "WorkflowAPI/QueryWorkflow", [](const auto&, auto&) { return answer::error(deadline_exceeded, "too late"); });
  answer_describe();
  answer_pollers(0);
  BOOST_TEST(
      run({"workflow", "query", "id", "state"}).err ==
      "Error: Query workflow failed.\nError Details: no worker of task list orders answered (nobody polls it)\n");
  answer_pollers(1);
  BOOST_TEST(has(run({"workflow", "query", "id", "state"}).err, "answered (last poll "));
}

BOOST_AUTO_TEST_CASE(a_stack_is_readable_on_a_terminal_and_untouched_elsewhere) {
  server.on<api::QueryWorkflowRequest, api::QueryWorkflowResponse>(
      "WorkflowAPI/QueryWorkflow", [](const auto&, auto& response) {
        response.mutable_query_result()->set_data(R"("main.Wait\n\tmain.go:7")");
        return answer::ok();
      });
  BOOST_TEST(run({"workflow", "stack", "id"}, true).out == "main.Wait\n\tmain.go:7\n");
  BOOST_TEST(run({"workflow", "stack", "id"}).out == R"("main.Wait\n\tmain.go:7")");
}

BOOST_AUTO_TEST_CASE(an_activity_that_cannot_be_answered_for_is_told_from_one_that_is_not_there) {
  server.on<api::RespondActivityTaskCompletedByIDRequest, api::RespondActivityTaskCompletedByIDResponse>(
      "WorkerAPI/RespondActivityTaskCompletedByID", [](const auto&, auto&) {
        return answer::error(not_found, "activity task not found", api::EntityNotExistsError{});
      });
  answer_describe();
  const auto told = [this](const char* id) {
    return run({"workflow", "activity", "complete", "order-17", id, "--result", "1"}).err;
  };
  BOOST_TEST(has(told("1"), "activity 1 is not running: attempt 5 is due in 1h"));
  BOOST_TEST(has(told("2"), "activity 2 is not running: no worker has taken it yet"));
  BOOST_TEST(has(told("77"), "there is no pending activity 77; pending: 0, 1, 2"));
  BOOST_TEST(has(told("0"), "activity task not found"));
}

BOOST_AUTO_TEST_CASE(input_that_is_too_large_is_told_with_its_size_and_the_key_of_the_limit) {
  server.on<api::StartWorkflowExecutionRequest, api::StartWorkflowExecutionResponse>(
      "WorkflowAPI/StartWorkflowExecution",
      [](const auto&, auto&) { return answer::error(invalid_argument, "Blob data size exceeds limit."); });
  const auto result = run({"workflow", "start", "-tl", "l", "-wt", "T", "-et", "1m", "--input", "[1,2,3]"});
  BOOST_TEST(has(result.err, "Blob data size exceeds limit. The input has 7 bytes. The key limit.blobSize.error sets"),
             result.err);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_too_long_is_told_with_the_key_of_the_limit) {
  server.on<api::StartWorkflowExecutionRequest, api::StartWorkflowExecutionResponse>(
      "WorkflowAPI/StartWorkflowExecution",
      [](const auto&, auto&) { return answer::error(invalid_argument, "WorkflowID length exceeds limit."); });
  BOOST_TEST(run({"workflow", "start", "-tl", "l", "-wt", "T", "-et", "1m"}).err ==
             "Error: Failed to create workflow.\nError Details: WorkflowID length exceeds limit. The key "
             "limit.workflowIDLength sets the limit ('cadenza admin config list').\n");
}

BOOST_AUTO_TEST_CASE(a_value_without_quotes_is_named) {
  server.on<api::ListWorkflowExecutionsRequest, api::ListWorkflowExecutionsResponse>(
      "VisibilityAPI/ListWorkflowExecutions", [](const auto&, auto&) {
        return answer::error(invalid_argument, "column name on the right side of compare operator is not supported");
      });
  BOOST_TEST(has(run({"workflow", "list", "--query", "CloseTime = missing and WorkflowType = Ship"}).err,
                 "; put 'Ship' in quotes\n"));
}

BOOST_AUTO_TEST_CASE(lists_say_when_there_is_nothing_and_where_something_is) {
  server.on<api::ListClosedWorkflowExecutionsRequest, api::ListClosedWorkflowExecutionsResponse>(
      "VisibilityAPI/ListClosedWorkflowExecutions", [](const auto&, auto&) { return answer::ok(); });
  server.on<api::ListOpenWorkflowExecutionsRequest, api::ListOpenWorkflowExecutionsResponse>(
      "VisibilityAPI/ListOpenWorkflowExecutions", [](const auto&, auto&) { return answer::ok(); });
  server.on<api::ListWorkflowExecutionsRequest, api::ListWorkflowExecutionsResponse>(
      "VisibilityAPI/ListWorkflowExecutions", [](const auto&, auto&) { return answer::ok(); });
  server.on<api::ScanWorkflowExecutionsRequest, api::ScanWorkflowExecutionsResponse>(
      "VisibilityAPI/ScanWorkflowExecutions", [](const auto&, auto&) { return answer::ok(); });
  server.on<api::CountWorkflowExecutionsRequest, api::CountWorkflowExecutionsResponse>(
      "VisibilityAPI/CountWorkflowExecutions", [](const auto&, auto& response) {
        response.set_count(1);
        return answer::ok();
      });
  BOOST_TEST(run({"workflow", "list"}).err == "No closed workflows; --open lists 1 open one.\n");
  BOOST_TEST(run({"workflow", "list", "--open"}).err == "No open workflows; without --open, closed ones are listed.\n");
  BOOST_TEST(run({"workflow", "listall", "-q", "x = 1"}).err == "No workflow matches the query.\n");
  BOOST_TEST(run({"workflow", "list"}).out.empty());
  BOOST_TEST(run({"--output", "json", "workflow", "list"}).err.empty());
  BOOST_TEST(
      run({"workflow", "reset-batch", "-q", "x = 1", "--reason", "r", "--reset_type", "LastDecisionCompleted"}).err ==
      "No workflow matches the query: nothing to reset.\n");
}

BOOST_AUTO_TEST_CASE(lists_on_a_terminal_have_what_people_look_for) {
  server.on<api::ListOpenWorkflowExecutionsRequest, api::ListOpenWorkflowExecutionsResponse>(
      "VisibilityAPI/ListOpenWorkflowExecutions", [](const auto&, auto& response) {
        for (const bool closed : {true, false}) {
          auto& one = *response.add_executions();
          one.mutable_type()->set_name("Ship");
          one.mutable_workflow_execution()->set_workflow_id("order-17");
          one.mutable_workflow_execution()->set_run_id("0192b8e7-aaaa-bbbb-cccc-dddddddddddd");
          one.set_task_list("orders");
          one.mutable_start_time()->set_seconds(start_seconds);
          if (closed) {
            one.mutable_close_time()->set_seconds(start_seconds + 65);
            one.set_close_status(api::WORKFLOW_EXECUTION_CLOSE_STATUS_FAILED);
          }
        }
        return answer::ok();
      });
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  const auto shown = run({"workflow", "list", "--open"}, true).out;
  BOOST_TEST(has(shown, "| 0192b8e7 | orders"), shown);
  BOOST_TEST(has(shown, "| \033[31mFAILED\033[0m |"), shown);
  BOOST_TEST(has(shown, "| \033[34mOPEN\033[0m"), shown);
  BOOST_TEST(has(shown, "| 1m 5s\n"), shown);
  BOOST_TEST(!has(shown, "CLOSE STATUS"), shown);
  // Scripts get the columns that they know.
  BOOST_TEST(has(run({"workflow", "list", "--open"}).out, "CLOSE STATUS"));
  BOOST_TEST(has(run({"workflow", "list", "--open"}).out, "0192b8e7-aaaa-bbbb-cccc-dddddddddddd"));
  const auto document = json::parse(run({"--output", "json", "workflow", "list", "--open"}).out);
  BOOST_TEST(document[0]["workflowId"] == "order-17");
  BOOST_TEST(document[0]["closeStatus"] == "FAILED");
}

BOOST_AUTO_TEST_CASE(a_restored_key_says_what_stays) {
  server.on<admin::RestoreDynamicConfigRequest, admin::RestoreDynamicConfigResponse>(
      "AdminAPI/RestoreDynamicConfig", [](const auto&, auto&) { return answer::ok(); });
  int lists = 0;
  server.on<admin::ListDynamicConfigRequest, admin::ListDynamicConfigResponse>(
      "AdminAPI/ListDynamicConfig", [&lists](const auto&, auto& response) {
        auto& entry = *response.add_entries();
        entry.set_name("frontend.rps");
        auto& filtered = *entry.add_values();
        filtered.mutable_value()->set_data("5");
        filtered.add_filters()->set_name("domainName");
        if (++lists == 1)
          entry.add_values()->mutable_value()->set_data("7");
        return answer::ok();
      });
  const auto restored = run({"admin", "config", "restore", "--name", "frontend.rps"});
  BOOST_TEST(restored.out == "Dynamic Config \"frontend.rps\" restored\n");
  BOOST_TEST(has(restored.err, "1 value stays, for its own filter"), restored.err);
  BOOST_TEST(has(run({"admin", "config", "restore", "--name", "frontend.rps"}).out, "nothing was restored"));
  BOOST_TEST(run({"admin", "config", "update", "--name", "frontend.rps"}).err.starts_with("Error: missing: --value\n"));
}

BOOST_AUTO_TEST_SUITE_END()
