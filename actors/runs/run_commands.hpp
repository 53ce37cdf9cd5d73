#pragma once

#include "actors/base/engine.hpp"
#include "actors/matching/matching_mail.hpp"
#include "actors/runs/shard_mail.hpp"
#include "actors/runs/standby_task.hpp"
#include "actors/runs/workflow_run.hpp"

namespace cadenza::actors {

/// Makers of the commands that runs carry out; one .cpp for each family (commands_*.cpp).

// --- start (commands_start.cpp)
/// Makes run `run_id`.
[[nodiscard]] run_command_ptr make_create(start_request_ptr request, uuid run_id,
                                          std::optional<storage::current_condition> condition);
/// Signals the run, unless it or a run before it has had the signal; when it is closed the shard decides again.
[[nodiscard]] run_command_ptr make_signal_of_start(start_request_ptr request, uuid run_id, caf::actor shard);
/// Ends the open run and begins a new one in the same write, unless there is a signal that it has had; when it is
/// closed by now the shard decides again.
[[nodiscard]] run_command_ptr make_terminate_and_start(start_request_ptr request, uuid run_id, caf::actor shard);
/// Tells the caller of a start the id of its run.
void answer_started(start_request& request, const uuid& run_id);

// --- from outside (commands_outside.cpp)
[[nodiscard]] run_command_ptr make_signal(const workflow::domain_ptr&,
                                          engine::body<uber::cadence::api::v1::SignalWorkflowExecutionRequest>,
                                          call_ptr);
[[nodiscard]] run_command_ptr make_cancel(const workflow::domain_ptr&,
                                          engine::body<uber::cadence::api::v1::RequestCancelWorkflowExecutionRequest>,
                                          call_ptr);
[[nodiscard]] run_command_ptr make_terminate(const workflow::domain_ptr&,
                                             engine::body<uber::cadence::api::v1::TerminateWorkflowExecutionRequest>,
                                             call_ptr);
[[nodiscard]] run_command_ptr make_describe(const workflow::domain_ptr&,
                                            engine::body<uber::cadence::api::v1::DescribeWorkflowExecutionRequest>,
                                            call_ptr);
[[nodiscard]] run_command_ptr make_refresh(const workflow::domain_ptr&,
                                           engine::body<uber::cadence::api::v1::RefreshWorkflowTasksRequest>, call_ptr);
[[nodiscard]] run_command_ptr make_reset_sticky(const workflow::domain_ptr&,
                                                engine::body<uber::cadence::api::v1::ResetStickyTaskListRequest>,
                                                call_ptr);
[[nodiscard]] run_command_ptr
make_admin_describe(const workflow::domain_ptr&,
                    engine::body<uber::cadence::admin::v1::DescribeWorkflowExecutionRequest>, call_ptr);
/// A run grew beyond what one write may hold.
inline constexpr const char* size_limit_terminate_name = "terminate_too_large";
[[nodiscard]] run_command_ptr make_size_limit_terminate(const run_key& key);

/// Checks that the run can be read, and removes it when it is damaged (commands_maintenance.cpp).
[[nodiscard]] run_command_ptr
make_maintain_corrupt(const actor_context& env, const workflow::domain_ptr&,
                      engine::body<uber::cadence::admin::v1::MaintainCorruptWorkflowRequest>, call_ptr);

// --- history (commands_history.cpp, raw_history.cpp)
[[nodiscard]] outcome<run_command_ptr>
make_raw_history(const workflow::domain_ptr&,
                 engine::body<uber::cadence::admin::v1::GetWorkflowExecutionRawHistoryV2Request>, call_ptr);
[[nodiscard]] outcome<run_command_ptr>
make_get_history(const workflow::domain_ptr&, engine::body<uber::cadence::api::v1::GetWorkflowExecutionHistoryRequest>,
                 call_ptr);

// --- workers (commands_decision.cpp, commands_activity.cpp)
/// Starts a task for a poll and answers the poll; tells the task list how it went.
[[nodiscard]] run_command_ptr make_start_decision(list_task_ptr task, list_poll_ptr poll, caf::actor list);
[[nodiscard]] run_command_ptr make_start_activity(list_task_ptr task, list_poll_ptr poll, caf::actor list);
[[nodiscard]] run_command_ptr
make_decision_completed(const workflow::domain_ptr&, task_token,
                        engine::body<uber::cadence::api::v1::RespondDecisionTaskCompletedRequest>, call_ptr);
[[nodiscard]] run_command_ptr
make_decision_failed(const workflow::domain_ptr&, task_token,
                     engine::body<uber::cadence::api::v1::RespondDecisionTaskFailedRequest>, call_ptr);
[[nodiscard]] run_command_ptr make_heartbeat(const workflow::domain_ptr&, task_token,
                                             engine::body<uber::cadence::api::v1::RecordActivityTaskHeartbeatRequest>,
                                             call_ptr);
[[nodiscard]] run_command_ptr
make_activity_completed(const workflow::domain_ptr&, task_token,
                        engine::body<uber::cadence::api::v1::RespondActivityTaskCompletedRequest>, call_ptr);
[[nodiscard]] run_command_ptr
make_activity_failed(const workflow::domain_ptr&, task_token,
                     engine::body<uber::cadence::api::v1::RespondActivityTaskFailedRequest>, call_ptr);
[[nodiscard]] run_command_ptr
make_activity_canceled(const workflow::domain_ptr&, task_token,
                       engine::body<uber::cadence::api::v1::RespondActivityTaskCanceledRequest>, call_ptr);

// --- queries (commands_query.cpp)
[[nodiscard]] run_command_ptr make_query(const workflow::domain_ptr&,
                                         engine::body<uber::cadence::api::v1::QueryWorkflowRequest>, call_ptr);

/// Goes on with a query that the sticky worker did not answer.
[[nodiscard]] run_command_ptr make_query_without_stickiness(workflow_key workflow, uuid run, waiting_query query);
/// Answers a poll with a query; `token` is what the worker will answer with.
[[nodiscard]] run_command_ptr make_query_delivery(query_token token, const list_query& query, list_poll_ptr poll);

// --- flows over several runs (commands_reset.cpp, commands_restart.cpp)
void reset_run(const actor_context& env, workflow::domain_ptr,
               engine::body<uber::cadence::api::v1::ResetWorkflowExecutionRequest>, call_ptr);
/// The same as long as run `current` is the current one; else nothing, and the answer names the run that is. The new
/// run has these signals of another cluster, too, each under its request id.
void reset_with_signals(const actor_context& env, workflow::domain_ptr,
                        engine::body<uber::cadence::api::v1::ResetWorkflowExecutionRequest>, const uuid& current,
                        std::vector<uber::cadence::api::v1::HistoryEvent> signals, call_ptr);
void restart_run(const actor_context& env, workflow::domain_ptr,
                 engine::body<uber::cadence::api::v1::RestartWorkflowExecutionRequest>, call_ptr);

// --- queue tasks of the shard (commands_timer.cpp; those that take several steps are flows: run_flow.hpp)
[[nodiscard]] run_command_ptr make_timer(const record::v1::TimerTask& task, receipt_ptr receipt);

// --- several clusters (commands_failover.cpp)
/// Ends a decision that has been with a worker since before the domain failed over; else nothing.
[[nodiscard]] run_command_ptr make_look_at_failover(const run_key& key);
/// Finds out which of a run's tasks, which wait because its domain is active elsewhere, have become pointless; tells
/// the shard by `standby_over`.
[[nodiscard]] run_command_ptr make_standby_check(const run_key& key, std::vector<standby_task_ptr> tasks,
                                                 caf::actor shard);

/// A domain has declared the binary bad that made a decision of this run (commands_reset.cpp).
[[nodiscard]] run_command_ptr make_auto_reset(const record::v1::TransferTask& task, receipt_ptr receipt);

/// Sends a command to the shard that holds its workflow; fails it when nobody does at the moment.
void send_to_run(const actor_context& env, run_command_ptr command);
void send_start(const actor_context& env, start_request_ptr request);

/// Has the shard remove a run (without an id the current one), however damaged its rows are.
void order_removal(const actor_context& env, const workflow_key& key, std::optional<uuid> run,
                   std::function<void(outcome<removal_report>)> answer);

/// The same for an RPC: Response says what went.
template <class Response>
void remove_by_hand(const actor_context& env, const workflow_key& key, std::optional<uuid> run, call_ptr call) {
  order_removal(env, key, run, [call = std::move(call)](const outcome<removal_report>& result) {
    if (!result)
      return call->reject(result.error());
    Response response;
    response.set_history_deleted(result->history);
    response.set_executions_deleted(result->execution);
    response.set_visibility_deleted(result->visibility);
    call->reply(response);
  });
}

} // namespace cadenza::actors
