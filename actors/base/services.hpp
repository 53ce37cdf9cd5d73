#pragma once

#include "actors/base/clock.hpp"
#include "actors/base/documents.hpp"
#include "actors/base/list_settings.hpp"
#include "actors/base/live_settings.hpp"
#include "actors/base/run_message.hpp"
#include "messages/constants.hpp"
#include "storage/store.hpp"
#include "workflow/environment.hpp"

#include <caf/actor.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cadenza {
class limit_warnings;
}

namespace cadenza::actors {

class poll_board;
class request_gate;
class troubles;
class workload;

/// Counters of the engine, read by the metrics page. All relaxed; nothing depends on them.
struct engine_counters {
  std::atomic<std::int64_t> runs_in_memory{0};
  std::atomic<std::int64_t> run_bytes{0};
  std::atomic<std::int64_t> runs_loaded{0};
  std::atomic<std::int64_t> commits{0};
  std::atomic<std::int64_t> commit_conflicts{0};
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
};

/// Who is who: handles of the long-lived actors, replaced when a supervisor restarts one. Reading is lock-free enough
/// for the hot path and allowed on any thread.
class router {
public:
  explicit router(int shard_count);

  [[nodiscard]] int shard_count() const { return shard_count_; }
  [[nodiscard]] caf::actor shard(int index) const;
  /// The shard that holds a workflow id. A null handle while it is being taken over.
  [[nodiscard]] caf::actor shard_of(const std::string& workflow_id) const;
  [[nodiscard]] caf::actor matching() const;
  [[nodiscard]] caf::actor visibility() const;
  [[nodiscard]] caf::actor domains() const;
  [[nodiscard]] caf::actor documents() const;

  void set_shard(int index, caf::actor handle);
  void set_matching(caf::actor handle);
  void set_visibility(caf::actor handle);
  void set_domains(caf::actor handle);
  void set_documents(caf::actor handle);

private:
  struct table {
    std::vector<caf::actor> shards;
    caf::actor matching;
    caf::actor visibility;
    caf::actor domains;
    caf::actor documents;
  };
  template <class Change> void update(Change&& change);

  const int shard_count_;
  std::atomic<std::shared_ptr<const table>> table_;
};

/// The directory of domains as last published by the domain registry.
class domain_source {
public:
  [[nodiscard]] workflow::directory_ptr get() const { return directory_.load(std::memory_order_acquire); }
  void publish(workflow::directory_ptr directory) { directory_.store(std::move(directory), std::memory_order_release); }

private:
  std::atomic<workflow::directory_ptr> directory_{std::make_shared<const workflow::domain_directory>()};
};

/// Where the task lists' part of the dynamic configuration and the states of isolation groups come from. Functions are
/// thread-safe and quick; those that are left empty stand for defaults.
struct matching_sources {
  /// Settings of the list `name` of a domain; type 0: decisions, 1: activities. Empty: the defaults.
  std::function<list_settings(const workflow::domain_view&, const std::string& name, int type)> settings_for;
  /// Whether tasks of the domain wait for workers of their isolation group. Empty: they do not.
  std::function<bool(const workflow::domain_view&)> isolated;
  /// Whether an isolation group is drained beyond what the domain's row says: for everybody. Empty: no group is.
  std::function<bool(const workflow::domain_view&, const std::string& group)> drained;
  /// Limits of the host; `domain` is null for the numbers that do not depend on one. Empty: no limits.
  std::function<matching_rates(const workflow::domain_view* domain)> rates;
};

using rules_ptr = std::shared_ptr<const workflow::rules>;

/// Settings of the actors, as the configuration has them. Times in ns unless a name says otherwise.
struct engine_settings {
  std::string identity; ///< of this node, in task list descriptions and shard rows
  std::string cluster = "cluster0";
  std::string primary_cluster = "cluster0";     ///< the only one where global domains are made and changed
  std::int64_t initial_failover_version = 0;    ///< of this cluster: the first version of global domains
  std::int64_t run_cache_bytes = 256LL << 20;   ///< all runs in memory, together
  std::int64_t run_idle_ns = 60LL * ns_per_s;   ///< a run idle for this long may leave memory
  std::size_t history_cache_per_run = 64 << 10; ///< bytes of recent batches a run keeps
  std::int64_t long_poll_ns = 60LL * ns_per_s;  ///< matching.longPollExpirationInterval
  std::int64_t history_long_poll_ns = 20LL * ns_per_s;
  std::int64_t timer_window_ns = 120LL * ns_per_s; ///< timers this far ahead are kept in memory
  int timer_page = 5000;
  int transfer_page = 5000;
  std::size_t transfer_held = 10'000; ///< unfinished transfer tasks of a shard in memory; of more only the id is
  std::int64_t cleanup_interval_ns = 10LL * ns_per_s;
  std::int64_t spill_after_ns = 1LL * ns_per_s;    ///< a task that waits longer goes to the stored backlog
  std::size_t spill_beyond = 2000;                 ///< so do tasks beyond this many in memory
  std::size_t tasks_per_list_max = 50'000;         ///< in memory; more are refused and come again
  std::size_t polls_per_list_max = 10'000;         ///< waiting; more get ServiceBusy
  std::size_t queries_per_list_max = 10'000;       ///< waiting or with a worker; more get ServiceBusy
  std::size_t task_lists_max = 100'000;            ///< in memory; more are refused
  std::int64_t no_poller_ns = 60LL * ns_per_s;     ///< a list with older tasks and no poll for so long is reported
  std::int64_t sticky_poller_ns = 10LL * ns_per_s; ///< a sticky list without a poll for this long has no worker
  int history_page_max = 1000;
  bool consistent_query = true;
  int buffered_queries_max = 1;
  bool chaos = false;
};

/// What every actor of a node may use. Built once before the first actor, outlives the last one; immutable but for the
/// parts that synchronize themselves.
struct services {
  storage::store* store = nullptr;
  clock* time = nullptr;
  workflow::entropy* chance = nullptr; ///< thread-safe
  router* routes = nullptr;
  domain_source* domains = nullptr;
  engine_counters* counters = nullptr;
  engine_settings settings;
  /// The limits and settings for runs of a domain, from the dynamic configuration. Thread-safe.
  std::function<rules_ptr(const workflow::domain_view&)> rules_for;
  matching_sources matching;
  live_sources live;
  document_sink on_document;          ///< may be empty
  limit_warnings* warnings = nullptr; ///< null: nobody wants to know; thread-safe
  request_gate* gate = nullptr;       ///< null: requests to runs are not limited; thread-safe
  poll_board* polls = nullptr;        ///< null: every task goes over its task list; thread-safe
  /// The node is about to end: nobody waits for news of a run any more. The runs hear of it when it is set.
  std::atomic<bool> draining{false};
  troubles* wrong = nullptr; ///< null: only the log hears of it; thread-safe
  workload* work = nullptr;  ///< null: nobody counts what the workflows do; thread-safe
  /// What carries messages from run to run; it has them delivered with `deliver_message`. Empty: all runs are in this
  /// process, and messages go straight to the mailbox of their shard. Thread-safe.
  std::function<void(run_message_ptr)> carry_message;
  /// Log lines of the actors: level 0 debug, 1 info, 2 warning, 3 error. Thread-safe.
  std::function<void(int level, const std::string& text)> log;
};

/// Whether an isolation group is drained, for everybody or for this domain.
[[nodiscard]] bool is_drained(const services& env, const workflow::domain_view& domain, const std::string& group);

} // namespace cadenza::actors
