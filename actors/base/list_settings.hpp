#pragma once

#include "messages/constants.hpp"

#include <cstddef>
#include <cstdint>

namespace cadenza::actors {

/// Settings of one task list (domain, name, type) from the dynamic configuration. A list asks for them now and then, so
/// that changes count within seconds. Times in ns.
struct list_settings {
  int read_partitions = 1;    ///< that answer polls; a configuration stored with the list wins
  int write_partitions = 1;   ///< that take tasks; at most as many
  bool random_spread = false; ///< over partitions; else in turn

  int forwarded_polls_max = 1;                 ///< of a partition, at a time
  int forwarded_tasks_max = 1;                 ///< of a partition, at a time; queries count for themselves
  double forwarded_rate = 10;                  ///< tasks a second
  int forward_degree = 20;                     ///< children of a partition
  std::int64_t local_poll_ns = 10 * ns_per_ms; ///< a poll waits for local tasks so long before it is forwarded
  std::int64_t local_task_ns = 10 * ns_per_ms; ///< and a task for local polls

  double override_rate = 0; ///< tasks a second, whatever pollers say; 0: as they say
  int burst_min = 1;

  bool sync_match = true;
  std::size_t read_batch = 1000;
  std::size_t write_batch = 1000;
  std::int64_t idle_ns = 300 * ns_per_s;
  std::int64_t ack_interval_ns = 10 * ns_per_s;
  bool client_auto_config = false;

  bool isolation = false; ///< tasks wait for workers of their isolation group
  std::int64_t isolation_wait_ns = 200 * ns_per_ms;
  std::int64_t isolation_window_ns = 10 * ns_per_s; ///< a group that has not polled for so long has no workers

  bool operator==(const list_settings&) const = default;
};

/// Requests per second that the task lists of a host take; 0: no limit.
struct matching_rates {
  bool any = true;          ///< false: no limit anywhere, of no domain either
  double host = 0;          ///< tasks and queries
  double host_worker = 0;   ///< polls
  double domain = 0;        ///< tasks and queries of one domain
  double domain_worker = 0; ///< polls of one domain
};

} // namespace cadenza::actors
