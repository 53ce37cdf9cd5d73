#include "actors/base/task_token.hpp"
#include "actors/runs/command_of.hpp"
#include "actors/runs/poll_answers.hpp"
#include "actors/runs/run_commands.hpp"
#include "actors/runs/start_for_poll.hpp"
#include "workflow/activity.hpp"

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

workflow::activity_ref ref_of(const task_token& token) {
  workflow::activity_ref ref;
  ref.schedule_id = token.schedule_id;
  ref.attempt = token.schedule_attempt;
  ref.activity_id = token.activity_id;
  ref.by_id = token.by_id;
  return ref;
}

workflow_key key_of(const workflow::domain_ptr& domain, const task_token& token) {
  return {domain->id, token.workflow_id};
}

class start_activity_command final : public start_for_poll {
public:
  using start_for_poll::start_for_poll;

  outcome<void> act(workflow::transaction& tx) override {
    if (auto may = may_start(tx); !may)
      return may;
    const auto before = tx.state().activities().find(task_->schedule_id);
    // The same poll asking again gets the same answer, and nothing is written.
    const bool started = before != nullptr && before->started_id() != no_event_id;
    repeated_ = started && before->request_id() == poll_->request_id;
    started_elsewhere_ = started && !repeated_;
    auto result = workflow::start_activity(tx, task_->schedule_id, task_->attempt, poll_->request_id, poll_->identity);
    if (!result)
      return result.error();
    response_ = *std::move(result);
    return {};
  }
  bool changed() const override { return !repeated_; }
  void finished(workflow_run& run) override {
    answer_activity_poll(run, task_->schedule_id, std::move(response_), *poll_);
    over(true, nullptr);
  }
  const char* name() const override { return "start_activity"; }

private:
  bool repeated_ = false;
  api::PollForActivityTaskResponse response_;
};

} // namespace

run_command_ptr make_start_activity(list_task_ptr task, list_poll_ptr poll, caf::actor list) {
  return std::make_shared<start_activity_command>(std::move(task), std::move(poll), std::move(list));
}

run_command_ptr make_heartbeat(const workflow::domain_ptr& domain, task_token token,
                               engine::body<api::RecordActivityTaskHeartbeatRequest> body, call_ptr call) {
  auto stop = std::make_shared<bool>(false);
  return make_command(
      "heartbeat", key_of(domain, token), token.run_id, call, true,
      [token, body, stop](workflow::transaction& tx) -> outcome<bool> {
        auto result = workflow::record_heartbeat(tx, ref_of(token), *body);
        if (!result)
          return result.error();
        *stop = *result;
        return true;
      },
      [call, stop](workflow_run&) {
        api::RecordActivityTaskHeartbeatResponse response;
        response.set_cancel_requested(*stop);
        call->reply(response);
      });
}

run_command_ptr make_activity_completed(const workflow::domain_ptr& domain, task_token token,
                                        engine::body<api::RespondActivityTaskCompletedRequest> body, call_ptr call) {
  return make_command(
      "activity_completed", key_of(domain, token), token.run_id, call, true,
      [token, body](workflow::transaction& tx) {
        return changed_if_ok(workflow::complete_activity(tx, ref_of(token), *body));
      },
      answer_empty<api::RespondActivityTaskCompletedResponse>(call));
}

run_command_ptr make_activity_failed(const workflow::domain_ptr& domain, task_token token,
                                     engine::body<api::RespondActivityTaskFailedRequest> body, call_ptr call) {
  return make_command(
      "activity_failed", key_of(domain, token), token.run_id, call, true,
      [token, body](workflow::transaction& tx) {
        return changed_if_ok(workflow::fail_activity(tx, ref_of(token), *body));
      },
      answer_empty<api::RespondActivityTaskFailedResponse>(call));
}

run_command_ptr make_activity_canceled(const workflow::domain_ptr& domain, task_token token,
                                       engine::body<api::RespondActivityTaskCanceledRequest> body, call_ptr call) {
  return make_command(
      "activity_canceled", key_of(domain, token), token.run_id, call, true,
      [token, body](workflow::transaction& tx) {
        return changed_if_ok(workflow::cancel_activity(tx, ref_of(token), *body));
      },
      answer_empty<api::RespondActivityTaskCanceledResponse>(call));
}

} // namespace cadenza::actors
