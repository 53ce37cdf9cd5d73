#pragma once

#include "workflow/transaction.hpp"

#include "uber/cadence/api/v1/service_worker.pb.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cadenza::workflow {

/// What a worker gets with a decision task, but for the stored part of the history and the queries.
struct decision_started {
  std::int64_t schedule_id = 0;
  std::int64_t started_id = 0;
  std::int64_t attempt = 0;
  std::int64_t previous_started_id = 0; ///< -23 when no decision was ever completed
  std::int64_t next_event_id = 0;       ///< events below this are in the store once the transaction is committed
  std::int64_t history_size = 0;
  std::int64_t scheduled_ns = 0;
  std::int64_t started_ns = 0;
  bool sticky = false;             ///< history may begin after previous_started_id
  std::string execution_task_list; ///< the run's own list
  api::TaskListKind execution_task_list_kind = api::TASK_LIST_KIND_NORMAL;
  /// Transient decisions: scheduled and started events that are not stored; they come after the stored ones.
  std::vector<api::HistoryEvent> synthetic;
  bool repeated = false; ///< the same poll asked before: nothing was changed
};

/// Schedules a decision on the sticky or the normal list: needs that none is pending. `with_tasks` false when the
/// decision is started in the same transaction.
/// `original_ns`: when the first decision of a chain of heartbeats was scheduled; 0: now.
void schedule_decision(transaction& tx, bool with_tasks = true, std::int64_t original_ns = 0);

/// Schedules a decision unless one is pending, or the run still waits for its first one.
void schedule_decision_if_none(transaction& tx);

/// A poller got the decision. entity_not_exists: no such decision; the poll must look for another task.
/// `error_kind::internal_service` with message "decision already started" when another poll has it.
[[nodiscard]] outcome<decision_started> start_decision(transaction& tx, std::int64_t schedule_id,
                                                       const std::string& request_id, const std::string& identity);

/// Fields of a started decision as they are now (for repeated answers and returned decisions). `identity` is written
/// into the synthetic started event.
[[nodiscard]] decision_started describe_started_decision(const run& r, const std::string& identity = {});

/// Who completes a decision.
struct completion_input {
  std::int64_t schedule_id = 0;
  std::int64_t attempt = 0;
  const api::RespondDecisionTaskCompletedRequest* request = nullptr;
  std::string client_library_version;
  std::string client_feature_version;
  std::string client_impl;
  bool client_takes_sticky_queries = true;
};

/// An activity that the deciding worker runs at once (request_local_dispatch).
struct local_activity {
  std::int64_t schedule_id = 0;
  std::string activity_id;
  std::string activity_type;
  std::int64_t attempt = 0;
  std::int64_t scheduled_ns = 0;
  std::int64_t started_ns = 0;
};

struct completion_result {
  /// The heartbeat went on for too long: after the commit the caller gets EntityNotExists "decision heartbeat timeout".
  bool heartbeat_expired = false;
  bool heartbeat = false;                                 ///< force_create with no decisions: buffered queries stay
  bool new_decision = false;                              ///< a decision is pending after this
  std::optional<decision_started> returned;               ///< return_new_decision_task: already started
  std::map<std::string, local_activity> local_activities; ///< by activity id
  /// Set when the server rejected the answer (the RPC still succeeds).
  std::optional<api::DecisionTaskFailedCause> failed_cause;
  std::string failed_message;
};

/// A worker answers with decisions.
[[nodiscard]] outcome<completion_result> complete_decision(transaction& tx, const completion_input& input);

/// A worker gives the decision back.
[[nodiscard]] outcome<void> fail_decision(transaction& tx, std::int64_t schedule_id, std::int64_t attempt,
                                          const api::RespondDecisionTaskFailedRequest& request);

/// Ends a started decision with an event (attempt 0) and no new decision; flushes what was buffered behind it.
/// Used before a close from outside, by reset and by the too-many-buffered rule.
void fail_started_decision(transaction& tx, api::DecisionTaskFailedCause cause, const std::string& details,
                           const std::string& identity, const std::string& reason = {},
                           const std::string& base_run_id = {}, const std::string& new_run_id = {},
                           std::int64_t fork_version = 0, const std::string& request_id = {});

/// Ends the started decision because of what its worker answered: an event for attempt 0, none for later ones. Events
/// behind it stay buffered, and no new decision is scheduled.
void add_decision_failed(transaction& tx, api::DecisionTaskFailedEventAttributes attributes);

/// Terminates a run whose decisions failed too often. The decision must be over.
void terminate_for_attempts(transaction& tx, const std::string& details);
/// Ends a run whose next write would be too large. What is buffered is lost with it: it may be what is too large.
void terminate_too_large(transaction& tx);

/// Adds again the tasks of the pending decision, scheduled or started, if there is one.
void add_pending_decision_tasks(transaction& tx);

/// Adds the task that makes the visibility store take over the run's search attributes and status.
void add_upsert_task(transaction& tx);

/// Adds the timer that ends the wait of the run for its first decision.
void add_backoff_timer(transaction& tx, std::int64_t fire_ns, api::ContinueAsNewInitiator initiator);

/// A decision timeout timer fired. Nothing changes when it is stale; true when it did something.
[[nodiscard]] outcome<bool> decision_timed_out(transaction& tx, const rec::TimerTask& timer);

/// The first decision's back-off is over (delayed start, cron, retry). True when a decision was scheduled.
[[nodiscard]] bool backoff_over(transaction& tx);

/// A parent asks that a child it started gets its first decision.
[[nodiscard]] outcome<void> schedule_first_decision(transaction& tx);

/// ResetStickyTaskList.
[[nodiscard]] outcome<void> clear_sticky(transaction& tx);

/// Sticky fields and client versions away (any decision failure, timeout, close).
void drop_stickiness(transaction& tx);

} // namespace cadenza::workflow
