#define BOOST_TEST_MODULE odd_texts
#include "tests/integration/served.hpp"

#include <google/protobuf/stubs/logging.h>

/// What clients in Go send and other clients read: text that is no UTF-8, on a whole server.
namespace {

using namespace cadenza;
namespace api = uber::cadence::api::v1;

const std::string cut_text = "reason cut in mid-letter: \xE4\xB8";
const std::string readable_text = "reason cut in mid-letter: \uFFFD";

struct scene : test::served {
  scene() : served("odd") {
    api::StartWorkflowExecutionRequest request;
    request.set_domain(domain);
    request.set_request_id(load::new_uuid());
    request.set_workflow_id("wf");
    request.mutable_workflow_type()->set_name("type");
    request.mutable_task_list()->set_name("list");
    request.mutable_execution_start_to_close_timeout()->set_seconds(3600);
    request.mutable_task_start_to_close_timeout()->set_seconds(60);
    execution.set_workflow_id("wf");
    execution.set_run_id(
        ask<api::StartWorkflowExecutionResponse>("WorkflowAPI/StartWorkflowExecution", request).run_id());
  }
  /// Every event, read by a parser that takes no other text than UTF-8.
  std::vector<api::HistoryEvent> history() {
    api::GetWorkflowExecutionHistoryRequest request;
    request.set_domain(domain);
    *request.mutable_workflow_execution() = execution;
    const auto page = ask<api::GetWorkflowExecutionHistoryResponse>("WorkflowAPI/GetWorkflowExecutionHistory", request);
    BOOST_TEST(page.next_page_token().empty());
    return {page.history().events().begin(), page.history().events().end()};
  }
  api::WorkflowExecution execution;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_workflow_and_an_activity_that_fail_with_a_cut_reason_end) {
  const google::protobuf::LogSilencer quiet; // of the writers of such text here
  scene s;
  api::RespondDecisionTaskCompletedRequest schedule;
  schedule.set_task_token(s.decision_of("list").task_token());
  auto& activity = *schedule.add_decisions()->mutable_schedule_activity_task_decision_attributes();
  activity.set_activity_id("activity");
  activity.mutable_activity_type()->set_name("type");
  activity.mutable_task_list()->set_name("activities");
  for (auto* timeout : {activity.mutable_schedule_to_close_timeout(), activity.mutable_schedule_to_start_timeout(),
                        activity.mutable_start_to_close_timeout()})
    timeout->set_seconds(60);
  s.ask<api::RespondDecisionTaskCompletedResponse>("WorkerAPI/RespondDecisionTaskCompleted", schedule);

  api::PollForActivityTaskRequest poll;
  poll.set_domain(s.domain);
  poll.mutable_task_list()->set_name("activities");
  poll.set_identity(cut_text);
  const auto task = s.ask<api::PollForActivityTaskResponse>("WorkerAPI/PollForActivityTask", poll);
  api::RecordActivityTaskHeartbeatRequest beat;
  beat.set_task_token(task.task_token());
  beat.set_identity(cut_text);
  beat.mutable_details()->set_data(cut_text);
  s.ask<api::RecordActivityTaskHeartbeatResponse>("WorkerAPI/RecordActivityTaskHeartbeat", beat);
  api::DescribeWorkflowExecutionRequest describe;
  describe.set_domain(s.domain);
  *describe.mutable_workflow_execution() = s.execution;
  const auto described =
      s.ask<api::DescribeWorkflowExecutionResponse>("WorkflowAPI/DescribeWorkflowExecution", describe);
  BOOST_REQUIRE(described.pending_activities_size() == 1);
  BOOST_TEST(described.pending_activities(0).heartbeat_details().data() == cut_text);
  api::RespondActivityTaskFailedRequest failed;
  failed.set_task_token(task.task_token());
  failed.set_identity(cut_text);
  failed.mutable_failure()->set_reason(cut_text);
  failed.mutable_failure()->set_details(cut_text);
  s.ask<api::RespondActivityTaskFailedResponse>("WorkerAPI/RespondActivityTaskFailed", failed);

  api::RespondDecisionTaskCompletedRequest fail;
  fail.set_task_token(s.decision_of("list").task_token());
  auto& failure = *fail.add_decisions()->mutable_fail_workflow_execution_decision_attributes()->mutable_failure();
  failure.set_reason(cut_text);
  failure.set_details(cut_text);
  s.ask<api::RespondDecisionTaskCompletedResponse>("WorkerAPI/RespondDecisionTaskCompleted", fail);

  const auto events = s.history();
  const auto& end = events.back().workflow_execution_failed_event_attributes().failure();
  BOOST_TEST(end.reason() == readable_text);
  BOOST_TEST(end.details() == cut_text);
  int activity_failures = 0;
  for (const auto& event : events) {
    if (!event.has_activity_task_failed_event_attributes())
      continue;
    ++activity_failures;
    BOOST_TEST(event.activity_task_failed_event_attributes().failure().reason() == readable_text);
    BOOST_TEST(event.activity_task_failed_event_attributes().failure().details() == cut_text);
    BOOST_TEST(event.activity_task_failed_event_attributes().identity() == readable_text);
  }
  BOOST_TEST(activity_failures == 1);
}
