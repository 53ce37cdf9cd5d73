#pragma once

#include "harbour.hpp"

#include "actors/base/task_token.hpp"

namespace cadenza::simulation {

inline constexpr auto allow = api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE;
inline constexpr auto reject = api::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE;
inline constexpr auto replace = api::WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING;

/// One workflow id, its clients and its worker.
struct office {
  using answer = outcome<std::string>; ///< a run id

  template <class Response, class Send> answer run_of(Send&& send) {
    const auto got = h.ask<Response>(std::forward<Send>(send));
    if (!got)
      return got.error();
    return got->run_id();
  }
  [[nodiscard]] workflow::domain_ptr domain() { return h.in.domain(domain_name); }
  [[nodiscard]] std::string fresh() { return h.in.chance().new_uuid().str(); }

  [[nodiscard]] static api::StartWorkflowExecutionRequest request(const std::string& id,
                                                                  api::WorkflowIdReusePolicy policy) {
    api::StartWorkflowExecutionRequest out;
    out.set_workflow_id("w");
    out.mutable_workflow_type()->set_name("type");
    out.mutable_task_list()->set_name(list_name);
    out.set_workflow_id_reuse_policy(policy);
    out.set_request_id(id);
    workflow::set_seconds(*out.mutable_execution_start_to_close_timeout(), 10 * 86400);
    workflow::set_seconds(*out.mutable_task_start_to_close_timeout(), 10);
    return out;
  }

  answer start(const std::string& id, api::WorkflowIdReusePolicy policy = allow) {
    auto asked = std::make_shared<api::StartWorkflowExecutionRequest>(request(id, policy));
    return run_of<api::StartWorkflowExecutionResponse>(
        [&](auto call) { h.in.engine().start(domain(), asked, std::move(call)); });
  }
  std::string started(const std::string& id) {
    const auto run = start(id);
    BOOST_REQUIRE_MESSAGE(run, (run ? "" : run.error().message));
    return *run;
  }
  answer signal_with_start(const std::string& id, api::WorkflowIdReusePolicy policy = allow,
                           std::int64_t task_timeout_s = 10) {
    auto asked = std::make_shared<api::SignalWithStartWorkflowExecutionRequest>();
    *asked->mutable_start_request() = request(id, policy);
    workflow::set_seconds(*asked->mutable_start_request()->mutable_task_start_to_close_timeout(), task_timeout_s);
    asked->set_signal_name("s");
    return run_of<api::SignalWithStartWorkflowExecutionResponse>(
        [&](auto call) { h.in.engine().signal_with_start(domain(), asked, std::move(call)); });
  }
  outcome<api::SignalWorkflowExecutionResponse> signal(const std::string& id) {
    auto asked = std::make_shared<api::SignalWorkflowExecutionRequest>();
    asked->mutable_workflow_execution()->set_workflow_id("w");
    asked->set_signal_name("s");
    asked->set_request_id(id);
    return h.ask<api::SignalWorkflowExecutionResponse>(
        [&](auto call) { h.in.engine().signal(domain(), asked, std::move(call)); });
  }
  outcome<api::RequestCancelWorkflowExecutionResponse> cancel(const std::string& id) {
    auto asked = std::make_shared<api::RequestCancelWorkflowExecutionRequest>();
    asked->mutable_workflow_execution()->set_workflow_id("w");
    asked->set_request_id(id);
    return h.ask<api::RequestCancelWorkflowExecutionResponse>(
        [&](auto call) { h.in.engine().request_cancel(domain(), asked, std::move(call)); });
  }
  outcome<api::TerminateWorkflowExecutionResponse> terminate(const std::string& run = {}) {
    auto asked = std::make_shared<api::TerminateWorkflowExecutionRequest>();
    asked->mutable_workflow_execution()->set_workflow_id("w");
    asked->mutable_workflow_execution()->set_run_id(run);
    return h.ask<api::TerminateWorkflowExecutionResponse>(
        [&](auto call) { h.in.engine().terminate(domain(), asked, std::move(call)); });
  }
  answer reset(const std::string& run, std::int64_t event, const std::string& id) {
    auto asked = std::make_shared<api::ResetWorkflowExecutionRequest>();
    asked->mutable_workflow_execution()->set_workflow_id("w");
    asked->mutable_workflow_execution()->set_run_id(run);
    asked->set_reason("undo");
    asked->set_decision_finish_event_id(event);
    asked->set_request_id(id);
    return run_of<api::ResetWorkflowExecutionResponse>(
        [&](auto call) { h.in.engine().reset(domain(), asked, std::move(call)); });
  }
  answer restart(const std::string& run, const std::string& workflow_id = "w") {
    auto asked = std::make_shared<api::RestartWorkflowExecutionRequest>();
    asked->mutable_workflow_execution()->set_workflow_id(workflow_id);
    asked->mutable_workflow_execution()->set_run_id(run);
    return run_of<api::RestartWorkflowExecutionResponse>(
        [&](auto call) { h.in.engine().restart(domain(), asked, std::move(call)); });
  }

  api::PollForDecisionTaskResponse poll() {
    auto asked = std::make_shared<api::PollForDecisionTaskRequest>();
    asked->mutable_task_list()->set_name(list_name);
    asked->set_identity("worker");
    const auto task = h.ask<api::PollForDecisionTaskResponse>(
        [&](auto call) { h.in.engine().poll_decision(domain(), asked, std::move(call)); });
    BOOST_REQUIRE(task);
    BOOST_REQUIRE(!task->task_token().empty());
    return *task;
  }
  void decide(std::vector<api::Decision> decisions = {}) {
    const auto task = poll();
    auto asked = std::make_shared<api::RespondDecisionTaskCompletedRequest>();
    asked->set_task_token(task.task_token());
    for (auto& d : decisions)
      *asked->add_decisions() = std::move(d);
    const auto token = actors::decode_task_token(task.task_token());
    BOOST_REQUIRE(h.ask<api::RespondDecisionTaskCompletedResponse>(
        [&](auto call) { h.in.engine().decision_completed(domain(), *token, asked, std::move(call)); }));
  }
  void fail_decision() {
    const auto token = actors::decode_task_token(poll().task_token());
    auto asked = std::make_shared<api::RespondDecisionTaskFailedRequest>();
    asked->set_cause(api::DECISION_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE);
    BOOST_REQUIRE(h.ask<api::RespondDecisionTaskFailedResponse>(
        [&](auto call) { h.in.engine().decision_failed(domain(), *token, asked, std::move(call)); }));
  }
  void complete() {
    api::Decision d;
    d.mutable_complete_workflow_execution_decision_attributes();
    decide({d});
  }
  /// The run that follows.
  std::string go_on() {
    api::Decision d;
    d.mutable_continue_as_new_workflow_execution_decision_attributes();
    decide({d});
    return current();
  }
  [[nodiscard]] std::string current() {
    const auto described = h.describe("w");
    BOOST_REQUIRE(described);
    return described->workflow_execution_info().workflow_execution().run_id();
  }

  api::History history(const std::string& run = {}) {
    auto asked = std::make_shared<api::GetWorkflowExecutionHistoryRequest>();
    asked->mutable_workflow_execution()->set_workflow_id("w");
    asked->mutable_workflow_execution()->set_run_id(run);
    asked->set_page_size(1000);
    const auto got = h.ask<api::GetWorkflowExecutionHistoryResponse>(
        [&](auto call) { h.in.engine().get_history(domain(), asked, std::move(call)); });
    BOOST_REQUIRE(got);
    return got->history();
  }
  /// The first letters of what happened: S started, D decision scheduled, s decision started, c completed, …
  std::string shape(const std::string& run = {}) {
    std::string out;
    const auto told = history(run);
    for (const auto& e : told.events()) {
      using c = api::HistoryEvent;
      switch (e.attributes_case()) {
      case c::kWorkflowExecutionStartedEventAttributes: out += "Started "; break;
      case c::kDecisionTaskScheduledEventAttributes: out += "D"; break;
      case c::kDecisionTaskStartedEventAttributes: out += "d"; break;
      case c::kDecisionTaskCompletedEventAttributes: out += "c "; break;
      case c::kDecisionTaskFailedEventAttributes: out += "f "; break;
      case c::kWorkflowExecutionSignaledEventAttributes: out += "Signaled "; break;
      case c::kWorkflowExecutionCancelRequestedEventAttributes: out += "CancelRequested "; break;
      case c::kWorkflowExecutionTerminatedEventAttributes: out += "Terminated "; break;
      case c::kWorkflowExecutionCompletedEventAttributes: out += "Completed "; break;
      case c::kWorkflowExecutionContinuedAsNewEventAttributes: out += "ContinuedAsNew "; break;
      default: out += "other "; break;
      }
    }
    while (!out.empty() && out.back() == ' ')
      out.pop_back();
    return out;
  }
  /// How many runs there are of the workflow id.
  std::size_t runs() {
    std::size_t out = 0;
    for (int shard = 0; shard < h.in.shards(); ++shard)
      out += h.all<std::pair<run_key, run_rows>>([&](auto& s, auto cb) {
                s.shards().scan_runs(shard, {}, 1000, cb);
              }).size();
    return out;
  }
  /// Until the runs that are closed now are deleted.
  void outlive_retention() { h.wait(2 * 86400 * ns_per_s); }

  harbour h;
};

} // namespace cadenza::simulation
