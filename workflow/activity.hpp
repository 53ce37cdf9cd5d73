#pragma once

#include "workflow/transaction.hpp"

#include "uber/cadence/api/v1/service_worker.pb.h"

#include <optional>
#include <string>

namespace cadenza::workflow {

/// Which activity an answer is about: by schedule id and attempt (a token), or by activity id.
struct activity_ref {
  std::int64_t schedule_id = no_event_id; ///< -23: by activity_id
  std::int64_t attempt = 0;
  std::string activity_id;
  bool by_id = false; ///< no attempt check
};

/// Clamps and derives the four timeouts of a scheduled activity in place; reads and writes
/// nothing else but the retry policy. All four are set afterwards, in whole seconds. bad_request says what is wrong.
[[nodiscard]] outcome<void> derive_activity_timeouts(api::ScheduleActivityTaskDecisionAttributes& attributes,
                                                     std::int32_t workflow_timeout_s, const rules& limits);

/// A poller got the activity task. Everything a poll answer carries but the token. entity_not_exists: the task is
/// stale. internal_service "activity already started" when another poll has it. `attempt` < 0: unchecked.
[[nodiscard]] outcome<api::PollForActivityTaskResponse> start_activity(transaction& tx, std::int64_t schedule_id,
                                                                       std::int64_t attempt,
                                                                       const std::string& request_id,
                                                                       const std::string& identity);

/// Notes that a pending, not started activity is with a worker: by an event, or in the state alone when it may be
/// retried.
void mark_activity_started(transaction& tx, std::int64_t schedule_id, const std::string& request_id,
                           const std::string& identity);

/// True in the answer: the worker should stop.
[[nodiscard]] outcome<bool> record_heartbeat(transaction& tx, const activity_ref& which,
                                             const api::RecordActivityTaskHeartbeatRequest& request);
[[nodiscard]] outcome<void> complete_activity(transaction& tx, const activity_ref& which,
                                              const api::RespondActivityTaskCompletedRequest& request);
/// Retries when the policy says so.
[[nodiscard]] outcome<void> fail_activity(transaction& tx, const activity_ref& which,
                                          const api::RespondActivityTaskFailedRequest& request);
[[nodiscard]] outcome<void> cancel_activity(transaction& tx, const activity_ref& which,
                                            const api::RespondActivityTaskCanceledRequest& request);

/// An activity timeout timer fired: processes every expired timeout. False: nothing to do.
[[nodiscard]] outcome<bool> activities_timed_out(transaction& tx, const rec::TimerTask& timer);

/// An activity's retry back-off is over: what to push to matching, or nothing when the timer is stale. Changes nothing.
[[nodiscard]] std::optional<rec::TransferTask> activity_retry_due(const run& r, const rec::TimerTask& timer);

/// Asks for the next attempt of an activity when its policy, the time and the reason allow one: no event, no decision,
/// but a back-off timer. False: there is none, nothing was changed. `details` may be null.
[[nodiscard]] bool retry_activity(transaction& tx, std::int64_t schedule_id, const std::string& reason,
                                  const std::string* details);

/// Writes the started event of an activity with a retry policy, before its close event. No-op when it is written.
void write_started_event(transaction& tx, std::int64_t schedule_id);

/// Adds at most one timer task: the earliest activity timeout that has none outstanding. Called when a transaction
/// closes.
void schedule_activity_timers(transaction& tx);

} // namespace cadenza::workflow
