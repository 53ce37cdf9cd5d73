#pragma once

#include "messages/constants.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace cadenza::actors {

/// Settings of the actors, as the configuration has them. Times in ns unless a name says otherwise.
struct engine_settings {
  std::string identity; ///< of this node, in task list descriptions and shard rows
  std::string cluster = "cluster0";
  std::string primary_cluster = "cluster0";        ///< the only one where global domains are made and changed
  std::int64_t initial_failover_version = 0;       ///< of this cluster: the first version of global domains
  std::int64_t run_cache_bytes = 256LL << 20;      ///< all runs in memory, together
  std::int64_t run_idle_ns = 60LL * ns_per_s;      ///< a run idle for this long may leave memory
  std::size_t history_cache_per_run = 64 << 10;    ///< bytes of recent batches a run keeps
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
  bool chaos = false;
};

} // namespace cadenza::actors
