#include "actors/base/task_token.hpp"
#include "actors/history/splice.hpp"
#include "actors/runs/command_of.hpp"
#include "actors/runs/decision_answer.hpp"
#include "actors/runs/poll_answers.hpp"
#include "actors/runs/run_commands.hpp"
#include "actors/runs/start_for_poll.hpp"
#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"
#include "workflow/decision_task.hpp"

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

class start_decision_command final : public start_for_poll {
public:
  using start_for_poll::start_for_poll;

  outcome<void> act(workflow::transaction& tx) override {
    if (auto may = may_start(tx); !may)
      return may;
    const auto& decision = tx.state().head().decision();
    started_elsewhere_ = tx.state().has_started_decision() && decision.schedule_id() == task_->schedule_id &&
                         decision.request_id() != poll_->request_id;
    auto result = workflow::start_decision(tx, task_->schedule_id, poll_->request_id, poll_->identity);
    if (!result)
      return result.error();
    started_ = *std::move(result);
    return {};
  }
  bool changed() const override { return !started_.repeated; }
  void finished(workflow_run& run) override {
    answer_decision_poll(run, started_, poll_);
    over(true, nullptr);
  }
  const char* name() const override { return "start_decision"; }

private:
  workflow::decision_started started_;
};

class decision_completed final : public run_command {
public:
  decision_completed(const workflow::domain_ptr& domain, task_token token,
                     engine::body<api::RespondDecisionTaskCompletedRequest> body, call_ptr asker)
    : run_command({domain->id, token.workflow_id}, token.run_id, std::move(asker)), token_(std::move(token)),
      body_(std::move(body)) {
    CADENZA_ASSERT(call, "a worker that answers a decision hears whether that counts");
  }

  outcome<void> act(workflow::transaction& tx) override {
    workflow::completion_input input;
    input.schedule_id = token_.schedule_id;
    input.attempt = token_.schedule_attempt;
    input.request = body_.get();
    input.client_library_version = call->caller().library_version;
    input.client_feature_version = call->caller().feature_version;
    input.client_impl = call->caller().client_impl;
    input.client_takes_sticky_queries = call->caller().takes_sticky_queries;
    auto result = workflow::complete_decision(tx, input);
    if (!result)
      return result.error();
    result_ = *std::move(result);
    return {};
  }

  void finished(workflow_run& run) override {
    if (result_.failed_cause)
      run.env().counters->decisions_failed_by_server.fetch_add(1, std::memory_order_relaxed);
    run.decision_over(*body_, result_);
    if (result_.heartbeat_expired)
      return call->reject(not_exists("decision heartbeat timeout"));
    api::RespondDecisionTaskCompletedResponse response;
    for (const auto& [id, local] : result_.local_activities)
      add_local(response, run, local);
    if (!result_.returned)
      return call->reply(response);
    make_decision_answer(
        run, *result_.returned, run.queries_for_decision(), [to = call, response](outcome<std::string> bytes) {
          if (!bytes)
            return to->reject(bytes.error());
          std::string out = response.SerializeAsString();
          append_field(out, api::RespondDecisionTaskCompletedResponse::kDecisionTaskFieldNumber, *bytes);
          to->reply_bytes(std::move(out));
        });
  }
  const char* name() const override { return "decision_completed"; }

private:
  void add_local(api::RespondDecisionTaskCompletedResponse& response, const workflow_run& run,
                 const workflow::local_activity& local) {
    task_token token = token_;
    token.schedule_id = local.schedule_id;
    token.schedule_attempt = local.attempt;
    token.activity_id = local.activity_id;
    token.activity_type = local.activity_type;
    token.run_id = run.key().run_id;
    auto& info = (*response.mutable_activities_to_dispatch_locally())[local.activity_id];
    info.set_activity_id(local.activity_id);
    info.set_task_token(encode(token));
    workflow::set_time(*info.mutable_scheduled_time(), local.scheduled_ns);
    workflow::set_time(*info.mutable_scheduled_time_of_this_attempt(), local.scheduled_ns);
    workflow::set_time(*info.mutable_started_time(), local.started_ns);
  }

  task_token token_;
  engine::body<api::RespondDecisionTaskCompletedRequest> body_;
  workflow::completion_result result_;
};

} // namespace

run_command_ptr make_start_decision(list_task_ptr task, list_poll_ptr poll, caf::actor list) {
  return std::make_shared<start_decision_command>(std::move(task), std::move(poll), std::move(list));
}

run_command_ptr make_decision_completed(const workflow::domain_ptr& domain, task_token token,
                                        engine::body<api::RespondDecisionTaskCompletedRequest> body, call_ptr call) {
  return std::make_shared<decision_completed>(domain, std::move(token), std::move(body), std::move(call));
}

run_command_ptr make_decision_failed(const workflow::domain_ptr& domain, task_token token,
                                     engine::body<api::RespondDecisionTaskFailedRequest> body, call_ptr call) {
  return make_command(
      "decision_failed", {domain->id, token.workflow_id}, token.run_id, call, true,
      [token, body](workflow::transaction& tx) {
        return changed_if_ok(workflow::fail_decision(tx, token.schedule_id, token.schedule_attempt, *body));
      },
      answer_empty<api::RespondDecisionTaskFailedResponse>(call));
}

} // namespace cadenza::actors
