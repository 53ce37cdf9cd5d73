#pragma once

#include "workflow/start.hpp"
#include "workflow/transaction.hpp"

#include "uber/cadence/api/v1/decision.pb.h"

namespace cadenza::workflow {

/// The workflow timeout fired: retries, goes on by cron, or closes as timed out. False: stale.
[[nodiscard]] outcome<bool> workflow_timed_out(transaction& tx, const rec::TimerTask& timer);

/// Closes with a continued-as-new event and makes the next run, which is committed with this one.
[[nodiscard]] outcome<void> continue_as_new(transaction& tx, std::int64_t decision_completed_id,
                                            const api::ContinueAsNewWorkflowExecutionDecisionAttributes& attributes);

/// The same by the server, for cron and retry: attributes come from the started event. `result` for a completed run.
[[nodiscard]] outcome<void> continue_by_server(transaction& tx, std::int64_t decision_completed_id,
                                               std::int32_t backoff_s, api::ContinueAsNewInitiator initiator,
                                               const api::Failure* failure, const std::string* result);

/// Seconds until the next attempt of a run that failed with `reason`; nothing: no retry.
[[nodiscard]] std::optional<std::int32_t> workflow_retry_backoff(const run& r, const environment& env,
                                                                 const std::string& reason);
/// Seconds until the next cron run; nothing: not a cron run.
[[nodiscard]] std::optional<std::int32_t> workflow_cron_backoff(const run& r, const environment& env);

/// Terminates the run and begins a new one with `request` in the same write (TerminateIfRunning, reset of open runs).
[[nodiscard]] outcome<void> terminate_and_start(transaction& tx, const api::StartWorkflowExecutionRequest& request,
                                                std::int32_t backoff_s, const uuid& new_run_id,
                                                const std::optional<first_signal>& signal,
                                                const std::optional<parent_link>& parent);

/// Tasks every close brings: close (with the visibility record) and deletion after retention. Called when a
/// transaction that closed the run ends.
void add_close_tasks(transaction& tx);

/// What a closed run tells its parent and its children (transfer task of type close).
struct close_report {
  bool notify_parent = false; ///< a parent waits and the run did not continue as new
  parent_link parent;
  api::HistoryEvent close_event;
  struct child_action {
    uuid domain_id;
    std::string domain;
    std::string workflow_id;
    std::string first_run_id; ///< the started run id
    bool terminate = false;   ///< else: request cancel
  };
  std::vector<child_action> children;
};

/// Null `close_event` source ⇒ missing event in the transaction; reads only.
[[nodiscard]] outcome<close_report> report_close(transaction& tx);

} // namespace cadenza::workflow
