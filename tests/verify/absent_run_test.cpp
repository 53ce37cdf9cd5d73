#include "harbour.hpp"

#include "actors/base/task_token.hpp"
#include "messages/constants.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"

/// An id that no run has, the one of all zeros first of all, names no run: never the current one.
namespace cadenza::simulation {
namespace {

namespace admin = uber::cadence::admin::v1;

const std::string zeros = "00000000-0000-0000-0000-000000000000";

struct scene : harbour {
  scene() { run = start("wf", "run"); }

  /// Asks for the run `zeros` of "wf" in the way that an engine function has.
  template <class Request, class Response, auto Function>
  outcome<Response> about_no_run(const std::function<void(Request&)>& change = {}) {
    auto request = std::make_shared<Request>();
    request->mutable_workflow_execution()->set_workflow_id("wf");
    request->mutable_workflow_execution()->set_run_id(zeros);
    if (change)
      change(*request);
    return ask<Response>([&](auto call) { (in.engine().*Function)(in.domain(domain_name), request, std::move(call)); });
  }
  /// The same, and it must be refused as the Go server does.
  template <class Request, class Response, auto Function>
  void refused(const std::function<void(Request&)>& change = {}) {
    BOOST_TEST_CONTEXT(Request::descriptor()->full_name()) {
      const auto answer = about_no_run<Request, Response, Function>(change);
      BOOST_REQUIRE(!answer);
      BOOST_TEST(name_of(answer.error().kind) == name_of(error_kind::entity_not_exists));
      BOOST_TEST(answer.error().message == "Workflow execution not found.  WorkflowId: wf, RunId: " + zeros);
    }
  }
  /// The run is open as it was, and nothing was added to it.
  void check_untouched(std::int64_t events) {
    const auto described = describe("wf");
    BOOST_REQUIRE(described);
    const auto& info = described->workflow_execution_info();
    BOOST_TEST(info.workflow_execution().run_id() == run);
    BOOST_TEST(!info.has_close_time());
    BOOST_TEST(info.history_length() == events);
  }

  api::PollForDecisionTaskResponse decision() {
    auto request = std::make_shared<api::PollForDecisionTaskRequest>();
    request->mutable_task_list()->set_name(list_name);
    auto task = ask<api::PollForDecisionTaskResponse>(
        [&](auto call) { in.engine().poll_decision(in.domain(domain_name), request, std::move(call)); });
    BOOST_REQUIRE(task);
    return *std::move(task);
  }
  outcome<api::RespondDecisionTaskCompletedResponse>
  decide(const std::string& token, const std::shared_ptr<api::RespondDecisionTaskCompletedRequest>& answer,
         const std::function<void(actors::task_token&)>& change = {}) {
    auto read = actors::decode_task_token(token);
    BOOST_REQUIRE(read);
    if (change)
      change(*read);
    return ask<api::RespondDecisionTaskCompletedResponse>(
        [&](auto call) { in.engine().decision_completed(in.domain(domain_name), *read, answer, std::move(call)); });
  }

  std::string run;
};

} // namespace

BOOST_AUTO_TEST_SUITE(absent_run_suite)

BOOST_AUTO_TEST_CASE(a_run_id_of_all_zeros_is_no_run_and_changes_none) {
  using actors::engine;
  scene s;
  s.refused<api::TerminateWorkflowExecutionRequest, api::TerminateWorkflowExecutionResponse, &engine::terminate>();
  s.refused<api::RequestCancelWorkflowExecutionRequest, api::RequestCancelWorkflowExecutionResponse,
            &engine::request_cancel>();
  s.refused<api::SignalWorkflowExecutionRequest, api::SignalWorkflowExecutionResponse, &engine::signal>(
      [](auto& request) { request.set_signal_name("signal"); });
  s.refused<api::DescribeWorkflowExecutionRequest, api::DescribeWorkflowExecutionResponse, &engine::describe>();
  s.refused<api::GetWorkflowExecutionHistoryRequest, api::GetWorkflowExecutionHistoryResponse, &engine::get_history>();
  s.refused<api::QueryWorkflowRequest, api::QueryWorkflowResponse, &engine::query>(
      [](auto& request) { request.mutable_query()->set_query_type("type"); });
  s.refused<api::RefreshWorkflowTasksRequest, api::RefreshWorkflowTasksResponse, &engine::refresh_tasks>();
  s.refused<api::ResetStickyTaskListRequest, api::ResetStickyTaskListResponse, &engine::reset_sticky>();
  s.refused<api::ResetWorkflowExecutionRequest, api::ResetWorkflowExecutionResponse, &engine::reset>(
      [](auto& request) { request.set_decision_finish_event_id(4); });
  s.refused<admin::DescribeWorkflowExecutionRequest, admin::DescribeWorkflowExecutionResponse,
            &engine::admin_describe_workflow>();
  s.refused<admin::GetWorkflowExecutionRawHistoryV2Request, admin::GetWorkflowExecutionRawHistoryV2Response,
            &engine::raw_history>([](auto& request) { request.set_page_size(10); });
  s.refused<admin::DeleteWorkflowRequest, admin::DeleteWorkflowResponse, &engine::delete_workflow>();
  // These two have answers of their own.
  BOOST_TEST(!(
      s.about_no_run<api::RestartWorkflowExecutionRequest, api::RestartWorkflowExecutionResponse, &engine::restart>()));
  const auto maintained = s.about_no_run<admin::MaintainCorruptWorkflowRequest, admin::MaintainCorruptWorkflowResponse,
                                         &engine::maintain_corrupt_workflow>();
  BOOST_TEST((maintained && !maintained->executions_deleted()));
  s.check_untouched(2);
}

BOOST_AUTO_TEST_CASE(a_first_run_id_of_all_zeros_is_no_chain) {
  using actors::engine;
  scene s;
  const auto terminated =
      s.about_no_run<api::TerminateWorkflowExecutionRequest, api::TerminateWorkflowExecutionResponse,
                     &engine::terminate>([](auto& request) {
        request.mutable_workflow_execution()->clear_run_id();
        request.set_first_execution_run_id(zeros);
      });
  BOOST_TEST((!terminated && terminated.error().kind == error_kind::entity_not_exists));
  s.check_untouched(2);
}

BOOST_AUTO_TEST_CASE(answers_of_workers_for_a_run_id_of_all_zeros_find_no_run) {
  scene s;
  const auto task = s.decision();
  auto complete = std::make_shared<api::RespondDecisionTaskCompletedRequest>();
  auto& schedule = *complete->add_decisions()->mutable_schedule_activity_task_decision_attributes();
  schedule.set_activity_id("a");
  schedule.mutable_activity_type()->set_name("type");
  schedule.mutable_task_list()->set_name(list_name);
  for (auto* timeout : {schedule.mutable_schedule_to_close_timeout(), schedule.mutable_schedule_to_start_timeout(),
                        schedule.mutable_start_to_close_timeout()})
    workflow::set_seconds(*timeout, 100);
  const auto refused = s.decide(task.task_token(), complete, [](auto& token) { token.run_id = uuid::parse(zeros); });
  BOOST_TEST((!refused && refused.error().kind == error_kind::entity_not_exists));
  s.check_untouched(3);
  BOOST_REQUIRE(s.decide(task.task_token(), complete));

  actors::task_token by_id;
  by_id.domain_id = s.in.domain(domain_name)->id;
  by_id.workflow_id = "wf";
  by_id.run_id = uuid::parse(zeros);
  by_id.schedule_id = no_event_id;
  by_id.activity_id = "a";
  by_id.by_id = true;
  const auto completed = s.ask<api::RespondActivityTaskCompletedResponse>([&](auto call) {
    s.in.engine().activity_completed(s.in.domain(domain_name), by_id,
                                     std::make_shared<api::RespondActivityTaskCompletedRequest>(), std::move(call));
  });
  BOOST_TEST((!completed && completed.error().kind == error_kind::entity_not_exists));
  s.check_untouched(5);
}

BOOST_AUTO_TEST_CASE(decisions_that_name_the_run_of_all_zeros_reach_nobody) {
  scene s;
  const auto other = s.start("other", "run");
  std::optional<api::PollForDecisionTaskResponse> task;
  while (!task || task->workflow_execution().workflow_id() != "wf") // the other's decision is left to time out
    task = s.decision();
  auto complete = std::make_shared<api::RespondDecisionTaskCompletedRequest>();
  auto& signal = *complete->add_decisions()->mutable_signal_external_workflow_execution_decision_attributes();
  signal.mutable_workflow_execution()->set_workflow_id("other");
  signal.mutable_workflow_execution()->set_run_id(zeros);
  signal.set_signal_name("signal");
  auto& cancel = *complete->add_decisions()->mutable_request_cancel_external_workflow_execution_decision_attributes();
  cancel.mutable_workflow_execution()->set_workflow_id("other");
  cancel.mutable_workflow_execution()->set_run_id(zeros);
  BOOST_REQUIRE(s.decide(task->task_token(), complete));
  s.wait(20 * ns_per_s); // a refusal counts when no request of an earlier life can be on its way
  const auto read = [&](const std::string& workflow_id) {
    auto request = std::make_shared<api::GetWorkflowExecutionHistoryRequest>();
    request->mutable_workflow_execution()->set_workflow_id(workflow_id);
    auto page = s.ask<api::GetWorkflowExecutionHistoryResponse>(
        [&](auto call) { s.in.engine().get_history(s.in.domain(domain_name), request, std::move(call)); });
    BOOST_REQUIRE(page);
    return page->history();
  };
  int failed = 0;
  const auto first = read("wf");
  for (const auto& event : first.events())
    failed += event.has_signal_external_workflow_execution_failed_event_attributes() ||
              event.has_request_cancel_external_workflow_execution_failed_event_attributes();
  BOOST_TEST(failed == 2);
  const auto untouched = read("other");
  for (const auto& event : untouched.events()) {
    BOOST_TEST(!event.has_workflow_execution_signaled_event_attributes());
    BOOST_TEST(!event.has_workflow_execution_cancel_requested_event_attributes());
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cadenza::simulation
