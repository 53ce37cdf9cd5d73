#include "actors/engine/engine_metrics.hpp"

#include <array>

namespace cadenza::actors {
namespace {

using field = std::atomic<std::int64_t> engine_counters::*;

struct shown {
  metrics::declaration what;
  field from;
};

constexpr auto gauge = metrics::kind::gauge;
constexpr auto counter = metrics::kind::counter;

constexpr std::array table{
    shown{{"cadenza_runs_in_memory", gauge, "", "Workflow run actors alive."}, &engine_counters::runs_in_memory},
    shown{{"cadenza_run_bytes", gauge, "", "Approximate bytes held by the runs in memory."},
          &engine_counters::run_bytes},
    shown{{"cadenza_runs_loaded_total", counter, "", "Runs loaded from the store."}, &engine_counters::runs_loaded},
    shown{{"cadenza_run_commits_total", counter, "", "Transactions of runs handed to the store."},
          &engine_counters::commits},
    shown{{"cadenza_run_commit_failures_total", counter, "", "Transactions of runs that did not commit."},
          &engine_counters::commit_conflicts},
    shown{{"cadenza_shards_held", gauge, "", "History shards that this server holds."}, &engine_counters::shards_held},
    shown{{"cadenza_shards_taken_total", counter, "", "History shards that came from other nodes of the cluster."},
          &engine_counters::shards_taken},
    shown{{"cadenza_shards_given_total", counter, "", "History shards that went to other nodes of the cluster."},
          &engine_counters::shards_given},
    shown{{"cadenza_shard_restarts_total", counter, "", "History shard actors that died and were restarted."},
          &engine_counters::shard_restarts},
    shown{{"cadenza_run_deaths_total", counter, "", "Workflow run actors that died."}, &engine_counters::run_deaths},
    shown{{"cadenza_task_list_restarts_total", counter, "", "Task list actors that died."},
          &engine_counters::task_list_restarts},
    shown{{"cadenza_owner_restarts_total", counter, "",
           "Domain registry, shard owner, matching owner and visibility writer actors that died and were restarted."},
          &engine_counters::owner_restarts},
    shown{{"cadenza_unreadable_ranges", gauge, "",
           "Parts of stored queues and backlogs that cannot be read. The log and /health name them."},
          &engine_counters::unreadable_ranges},
    shown{{"cadenza_transfer_tasks_pending", gauge, "", "Unfinished transfer tasks of all shards."},
          &engine_counters::transfer_pending},
    shown{{"cadenza_timers_in_memory", gauge, "", "Unfinished timer tasks of all shards that are due soon."},
          &engine_counters::timers_in_memory},
    shown{{"cadenza_timers_fired_total", counter, "", "Timer tasks fired."}, &engine_counters::timers_fired},
    shown{{"cadenza_pollers_waiting", gauge, "", "Polls that are waiting for a task."},
          &engine_counters::pollers_waiting},
    shown{{"cadenza_tasks_matched_total", counter, "", "Tasks handed to a waiting poll."},
          &engine_counters::tasks_matched},
    shown{{"cadenza_tasks_handed_by_runs_total", counter, "",
           "Of the tasks handed to a waiting poll, those started in the same commit that created them."},
          &engine_counters::tasks_handed_by_runs},
    shown{{"cadenza_tasks_spilled_total", counter, "", "Tasks written to the stored backlog of their list."},
          &engine_counters::tasks_spilled},
    shown{{"cadenza_task_lists", gauge, "", "Task list actors alive, partitions and sticky lists included."},
          &engine_counters::task_lists},
    shown{{"cadenza_tasks_waiting", gauge, "",
           "Tasks in memory that are waiting for a poll; a stored backlog may be longer."},
          &engine_counters::tasks_waiting},
    shown{{"cadenza_task_lists_without_poller", gauge, "",
           "Task lists where tasks have waited for a minute and nobody has polled since then. The log names them."},
          &engine_counters::lists_without_poller},
    shown{{"cadenza_tasks_forwarded_total", counter, "", "Tasks that partitions offered to their parents."},
          &engine_counters::tasks_forwarded},
    shown{{"cadenza_polls_forwarded_total", counter, "", "Polls that partitions offered to their parents."},
          &engine_counters::polls_forwarded},
    shown{{"cadenza_queries_forwarded_total", counter, "", "Queries that partitions offered to their parents."},
          &engine_counters::queries_forwarded},
    shown{{"cadenza_tasks_expired_total", counter, "", "Tasks that waited until their time to live expired."},
          &engine_counters::tasks_expired},
    shown{{"cadenza_tasks_left_isolation_group_total", counter, "",
           "Tasks handed to a worker outside their isolation group."},
          &engine_counters::tasks_left_group},
    shown{
        {"cadenza_matching_refused_total", counter, "",
         "Tasks, polls and queries that task lists refused because of a rate limit or because too many were waiting."},
        &engine_counters::matching_refused},
    shown{{"cadenza_visibility_changes_pending", gauge, "", "Changes that are waiting for the visibility store."},
          &engine_counters::visibility_pending},
    shown{{"cadenza_visibility_failures_total", counter, "", "Times the visibility store failed."},
          &engine_counters::visibility_failures},
    shown{{"cadenza_decisions_rejected_total", counter, "", "Decision answers the server rejected."},
          &engine_counters::decisions_failed_by_server},
    shown{{"cadenza_run_requests_refused_total", counter, "",
           "Requests to runs that history.rps or history.workflowIDExternalRPS refused."},
          &engine_counters::requests_refused},
    shown{{"cadenza_run_tasks_held_back_total", counter, "",
           "Times history.workflowIDInternalRPS held a decision or an activity back for a second."},
          &engine_counters::tasks_held_back},
    // The names of the reference system's dashboards and alerts, which have no suffix.
    shown{{"cadence_replication_tasks_processed", gauge, "",
           "Replication tasks of other clusters that were applied, since the process began."},
          &engine_counters::replication_tasks_processed},
    shown{{"cadence_replication_tasks_failed", gauge, "",
           "Times a replication task of another cluster was not applied and had to wait for another try, since the "
           "process began."},
          &engine_counters::replication_tasks_failed},
    shown{{"cadenza_replication_dead_letters_total", counter, "",
           "Replication tasks of other clusters that can never be applied and were kept as dead letters. The log says "
           "why."},
          &engine_counters::replication_dead_letters},
};

constexpr metrics::declaration lag{
    "cadence_replication_lag_seconds", gauge, "source_cluster,target_cluster",
    "Age of the oldest replication task of another cluster that is not applied here, or how long that cluster has not "
    "answered, in seconds; 0: all is applied."};

constexpr auto declarations = [] {
  std::array<metrics::declaration, table.size() + 1> out{};
  for (std::size_t i = 0; i < table.size(); ++i)
    out[i] = table[i].what;
  out[table.size()] = lag;
  return out;
}();

} // namespace

std::span<const metrics::declaration> engine_metrics() { return declarations; }

std::vector<metrics::registry::callback_handle> show_metrics(metrics::registry& registry,
                                                             const engine_counters& counters) {
  std::vector<metrics::registry::callback_handle> out;
  out.reserve(table.size() + 1);
  for (const auto& row : table) {
    out.push_back(registry.computed_gauges(row.what, [&counters, from = row.from] {
      return metrics::samples{{{}, static_cast<double>((counters.*from).load(std::memory_order_relaxed))}};
    }));
  }
  out.push_back(registry.computed_gauges(lag, [&counters] {
    metrics::samples lags;
    for (const auto& [clusters, ns] : counters.lags.longest())
      lags.emplace_back(metrics::labels{{"source_cluster", clusters.first}, {"target_cluster", clusters.second}},
                        static_cast<double>(ns) / 1e9);
    return lags;
  }));
  return out;
}

} // namespace cadenza::actors
