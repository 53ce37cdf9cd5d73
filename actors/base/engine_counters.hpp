#pragma once

#include "actors/base/replication_lags.hpp"

#include <atomic>
#include <cstdint>

namespace cadenza::actors {

/// Counters of the engine, read by the metrics page. All relaxed; nothing depends on them. The lags guard themselves.
struct engine_counters {
  std::atomic<std::int64_t> runs_in_memory{0};
  std::atomic<std::int64_t> run_bytes{0};
  std::atomic<std::int64_t> runs_loaded{0};
  std::atomic<std::int64_t> commits{0};
  std::atomic<std::int64_t> commit_conflicts{0};
  std::atomic<std::int64_t> shards_held{0};
  std::atomic<std::int64_t> shards_taken{0}; ///< from elsewhere, since another view of the cluster
  std::atomic<std::int64_t> shards_given{0}; ///< the other way
  std::atomic<std::int64_t> shard_restarts{0};
  std::atomic<std::int64_t> run_deaths{0};
  std::atomic<std::int64_t> task_list_restarts{0};
  std::atomic<std::int64_t> owner_restarts{0};
  std::atomic<std::int64_t> unreadable_ranges{0};
  std::atomic<std::int64_t> transfer_pending{0};
  std::atomic<std::int64_t> timers_in_memory{0};
  std::atomic<std::int64_t> timers_fired{0};
  std::atomic<std::int64_t> pollers_waiting{0};
  std::atomic<std::int64_t> task_lists{0};
  std::atomic<std::int64_t> tasks_waiting{0};
  std::atomic<std::int64_t> lists_without_poller{0};
  std::atomic<std::int64_t> tasks_forwarded{0};
  std::atomic<std::int64_t> polls_forwarded{0};
  std::atomic<std::int64_t> queries_forwarded{0};
  std::atomic<std::int64_t> tasks_expired{0};
  std::atomic<std::int64_t> tasks_left_group{0};
  std::atomic<std::int64_t> matching_refused{0};
  std::atomic<std::int64_t> nobody_polls_logged_ns{0}; ///< not a metric: when the last such line was logged
  std::atomic<std::int64_t> tasks_matched{0};
  std::atomic<std::int64_t> tasks_handed_by_runs{0}; ///< of those matched
  std::atomic<std::int64_t> tasks_spilled{0};
  std::atomic<std::int64_t> visibility_pending{0};
  std::atomic<std::int64_t> visibility_failures{0};
  std::atomic<std::int64_t> decisions_failed_by_server{0};
  std::atomic<std::int64_t> requests_refused{0};
  std::atomic<std::int64_t> tasks_held_back{0};
  std::atomic<std::int64_t> replication_tasks_processed{0};
  std::atomic<std::int64_t> replication_tasks_failed{0}; ///< they are told again, so one may count several times
  std::atomic<std::int64_t> replication_dead_letters{0};
  replication_lags lags;
};

} // namespace cadenza::actors
