#pragma once

#include "workflow/earlier_requests.hpp"
#include "workflow/transaction.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cadenza::workflow {

/// One stored batch of events, in order.
using batch = std::shared_ptr<const api::History>;

/// Builds the state of a run from its history alone. The result equals what the transactions left, but for what is not
/// in events: request ids of children and externals (drawn anew), heartbeats, starts and attempts of activities that
/// are retried, the number of attempts of a decision after the first, stickiness and client versions, jitter, the
/// execution context, and whatever waits in the buffer. Request ids of signals stay known although their sender may
/// have withdrawn them. `branch` becomes the current branch. internal_data_inconsistency when the events are not
/// consecutive or impossible. Nothing is written; the row version is that of a run that was never stored.
[[nodiscard]] outcome<std::unique_ptr<run>> replay(run_key key, const std::vector<batch>& history,
                                                   const rec::HistoryBranch& branch, const environment& env);

/// Adds again every transfer and timer task the state calls for (RefreshWorkflowTasks, replication, reset). Needs the
/// initiated events of pending external signals and cancels: when `tx.missing()` says so, nothing of it may be kept.
void refresh_tasks(transaction& tx);

/// What a reset needs to know.
struct reset_input {
  const run* base = nullptr;       ///< the run whose history is taken
  std::vector<batch> base_history; ///< its batches from event 1 to before decision_finish_event_id, whole
  std::int64_t tree_version = 0;   ///< of the history tree that its branch is in, as it was read
  std::int64_t decision_finish_event_id = 0;
  const api::HistoryEvent* finish_event = nullptr; ///< the event with that id
  uuid new_run_id;
  std::string reason;
  std::string request_id;
  std::string identity;
  bool skip_signal_reapply = false;
  bool keep_request_ids = false; ///< of signals that are added again; kept anyway in domains of several clusters
  std::vector<api::HistoryEvent> reapply; ///< signals after the reset point, of the base run and the runs after it
  earlier_requests earlier;               ///< that the current run, which need not be the base, leaves behind
  std::uint32_t content = 0;              ///< fingerprint of what the reset asks for
};

/// Checks of a reset request that need only the base run's state: bad_request says what is wrong.
[[nodiscard]] outcome<void> check_reset(const run& base, std::int64_t decision_finish_event_id);

/// The new run of a reset with its first own batch: forks the base's branch, fails or times out the decision in flight,
/// fails started activities, adds the signals again and schedules a decision. To be committed as the successor of the
/// current run, or as a new run when the current one is closed.
[[nodiscard]] outcome<std::unique_ptr<successor>> reset(const reset_input& input, const environment& env,
                                                        task_id_source& ids);

/// Ends the current run in favour of a reset: fails its started decision and terminates it.
[[nodiscard]] outcome<void> terminate_for_reset(transaction& tx, const std::string& reason);

} // namespace cadenza::workflow
