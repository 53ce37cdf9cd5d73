#pragma once

#include "workflow/signal.hpp"
#include "workflow/start.hpp"
#include "workflow/transaction.hpp"

#include <map>
#include <optional>
#include <string>

namespace cadenza::workflow {

/// What the transfer task of a child, an external signal or an external cancel must do; nothing when it is stale.
struct child_start {
  uuid domain_id;
  std::string domain;
  api::StartWorkflowExecutionRequest request; ///< with the request id kept in the pending child
  parent_link parent;
  std::map<std::string, std::string> partition_config; ///< inherited: to go into `carried_over`
  bool already_started = false;                        ///< only its first decision remains to be scheduled
  std::string started_run_id;
};
[[nodiscard]] outcome<std::optional<child_start>> plan_child_start(transaction& tx, const rec::TransferTask& task);

struct external_signal {
  uuid domain_id;
  std::string domain;
  std::string workflow_id;
  std::string run_id; ///< "": the current run
  signal_input input;
  bool to_itself = false; ///< must be recorded as failed
};
[[nodiscard]] outcome<std::optional<external_signal>> plan_external_signal(transaction& tx,
                                                                           const rec::TransferTask& task);

struct external_cancel {
  uuid domain_id;
  std::string domain;
  std::string workflow_id;
  std::string run_id;
  cancel_input input;
  bool to_itself = false;
};
[[nodiscard]] outcome<std::optional<external_cancel>> plan_external_cancel(transaction& tx,
                                                                           const rec::TransferTask& task);

// --- outcomes, told to the run that decided. False: stale, nothing was changed.
[[nodiscard]] outcome<bool> child_started(transaction& tx, std::int64_t initiated_id, const std::string& run_id);
[[nodiscard]] outcome<bool> child_start_failed(transaction& tx, std::int64_t initiated_id,
                                               api::ChildWorkflowExecutionFailedCause cause);
/// A child closed. entity_not_exists when this run waits for no such child; `unavailable` when the child's start is not
/// recorded yet (try again).
[[nodiscard]] outcome<bool> child_closed(transaction& tx, std::int64_t initiated_id, const std::string& workflow_id,
                                         const std::string& run_id, const api::HistoryEvent& close_event);
[[nodiscard]] outcome<bool> external_signaled(transaction& tx, std::int64_t initiated_id);
[[nodiscard]] outcome<bool> external_signal_failed(transaction& tx, std::int64_t initiated_id);
[[nodiscard]] outcome<bool> external_canceled(transaction& tx, std::int64_t initiated_id);
[[nodiscard]] outcome<bool> external_cancel_failed(transaction& tx, std::int64_t initiated_id);

} // namespace cadenza::workflow
