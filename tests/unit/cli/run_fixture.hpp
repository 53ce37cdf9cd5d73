#pragma once

#include "tests/unit/cli/fake_server.hpp"
#include "tests/unit/cli/runner.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

namespace cadenza::test {

namespace api = uber::cadence::api::v1;

constexpr std::int64_t start_seconds = 1'700'000'000;

/// A server and a way to run the command line against it.
struct run_fixture {
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

inline std::vector<std::string> start_words(std::vector<std::string> more = {}) {
  std::vector<std::string> words{"workflow", "start", "-tl", "list", "-wt", "Type", "-et", "60", "-w", "id"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

} // namespace cadenza::test
