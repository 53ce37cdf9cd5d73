#pragma once

#include "workflow/replay.hpp"

namespace cadenza::workflow {

/// What rules of replication do to single runs; which of it is due, `replication/` decides. None of it changes a run of
/// a cluster that stands alone.

/// A copy of `env` in which the run's domain has another version: for events of a cluster that has lost it since.
[[nodiscard]] environment at_version(const environment& env, std::int64_t version);

/// The run is not the current one of its workflow id: nothing wakes it, and no request reaches it.
void make_zombie(transaction& tx);
/// It is the current one again, with all its tasks. Needs events of pending externals: see `refresh_tasks`.
void revive(transaction& tx);

/// Ends the decision that is with a worker because the domain has failed over, writes down what waited behind it, and
/// schedules another one.
void fail_decision_by_failover(transaction& tx);

/// Terminates the run, whose place another one has taken that was written by `winner`, a higher version.
[[nodiscard]] outcome<void> terminate_by_conflict(transaction& tx, std::int64_t winner);

[[nodiscard]] bool is_end_by_conflict(const api::HistoryEvent& e);

/// The stored batch is the first that a run made by a reset has of its own: null when it is not, else the event that
/// says so.
[[nodiscard]] const api::HistoryEvent* reset_event(const api::History& stored);
/// The stored batch is the first that run `run_id` has of its own: it was made by a reset.
[[nodiscard]] bool begins_own_part(const api::History& stored, const uuid& run_id);
/// What a reset does to the state without an event, before the run's first own batch is replayed.
void begin_reset(transaction& tx, const api::History& first_own);
/// As `transaction::replay` for a whole branch of a run, which may have been made by a reset.
[[nodiscard]] outcome<void> replay_branch(transaction& tx, const std::vector<batch>& history);

/// State of an activity that no event tells, as clusters tell it to each other.
struct activity_state {
  std::int64_t schedule_id = 0;
  std::int64_t version = 0;
  std::int64_t scheduled_ns = 0;
  std::int64_t schedule_to_close_base_ns = 0; ///< 0: not told, as by the Go server; then `scheduled_ns` when it is news
  std::int64_t started_id = no_event_id;
  std::int64_t started_ns = 0;
  std::int64_t last_heartbeat_ns = 0;
  std::optional<std::string> details; ///< of the last heartbeat
  std::int64_t attempt = 0;
  std::string last_failure_reason;
  std::string last_failure_details;
  std::string last_worker_identity;
};
[[nodiscard]] activity_state state_of(const rec::PendingActivity& activity);
/// Whether `told` is later than what the activity is in: a higher version, attempt or heartbeat, in this order.
[[nodiscard]] bool is_news(const rec::PendingActivity& activity, const activity_state& told);
/// Takes it over; its time-outs run anew when `same_cluster` is false or the attempt is another. Of an activity without
/// a retry policy only the heartbeat: events tell the rest.
void take_over_activity(transaction& tx, const activity_state& told, bool same_cluster);

/// Signals among `events`, of `from_run`, that the run has not had, added to it as signals of its own. Each is known by
/// its request id, or by where it came from, so that it is added once, whichever cluster is asked. The number of those
/// added. Needs an open run.
[[nodiscard]] int add_signals_again(transaction& tx, const uuid& from_run,
                                    const std::vector<api::HistoryEvent>& events);
/// Those that `add_signals_again` would add, with the ids by which they are known.
[[nodiscard]] std::vector<api::HistoryEvent> unknown_signals(const run& r, const uuid& from_run,
                                                             const std::vector<api::HistoryEvent>& events);

} // namespace cadenza::workflow
