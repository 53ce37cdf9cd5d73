#pragma once

#include "workflow/earlier_requests.hpp"
#include "workflow/transaction.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <map>
#include <optional>
#include <string>

namespace cadenza::workflow {

/// Who started a child run.
struct parent_link {
  uuid domain_id;
  std::string domain;
  std::string workflow_id;
  std::string run_id;
  std::int64_t initiated_id = 0;
};

/// What a new run takes over from the run before it. Default: nothing (a plain start).
struct carried_over {
  std::string continued_run_id; ///< run that continued as new into this one
  std::string first_run_id;     ///< "" ⇒ this run is the first of its chain
  std::string original_run_id;  ///< "" ⇒ this run
  api::ContinueAsNewInitiator initiator = api::CONTINUE_AS_NEW_INITIATOR_INVALID;
  std::optional<api::Failure> failure;
  std::optional<std::string> last_completion_result;
  std::int32_t attempt = 0;
  std::int64_t expiration_ns = 0; ///< kept over retries; 0 ⇒ derived from the retry policy
  std::optional<api::ResetPoints> auto_reset_points;
  std::int64_t first_schedule_ns = 0;                  ///< cron: when the chain was first scheduled
  std::map<std::string, std::string> partition_config; ///< of the run before, or of the parent
  earlier_requests earlier;                            ///< of the runs before, of this chain or not
  bool in_place_of_open_run = false;                   ///< which ends in the same write
};

/// A signal that comes with the start (signal-with-start).
struct first_signal {
  std::string name;
  std::optional<std::string> input;
  std::string identity;
  std::string request_id;
  std::optional<std::string> control;
};

/// Seconds before the first decision of a plain start: from first_run_at, cron, delay and jitter.
/// bad_request when a cron schedule has no next firing.
[[nodiscard]] outcome<std::int32_t> first_decision_backoff(const api::StartWorkflowExecutionRequest& request,
                                                           const environment& env);

/// Begins a run: started event, the signal if any, the first decision unless it waits (back-off, child), and the tasks
/// (workflow timeout, visibility, decision or back-off timer). `tx` is on a run without events. `backoff_s` < 0 counts
/// as 0. bad_request "Domain is deprecated." and the like change nothing.
[[nodiscard]] outcome<void> start(transaction& tx, const api::StartWorkflowExecutionRequest& request,
                                  std::int32_t backoff_s, const carried_over& carried = {},
                                  const std::optional<parent_link>& parent = {},
                                  const std::optional<first_signal>& signal = {});

/// Adds the timer that ends the run when its execution timeout is over.
void add_workflow_timeout(transaction& tx);

/// What to do with a start request when the workflow id has a current run.
enum class reuse_decision { use_existing, start_new, terminate_and_start, refuse };

/// `current` is what the store says of the current run. On `refuse` the caller answers `already_started`.
[[nodiscard]] reuse_decision decide_reuse(const rec::CurrentRun& current, const std::string& request_id,
                                          api::WorkflowIdReusePolicy policy);

/// The run that is in the way of a start of `workflow_id` under `policy`.
[[nodiscard]] error already_started(const rec::CurrentRun& current, const std::string& workflow_id,
                                    api::WorkflowIdReusePolicy policy);

/// The record kept for the workflow id while this run is current.
[[nodiscard]] rec::CurrentRun current_record(const run& r);

} // namespace cadenza::workflow
