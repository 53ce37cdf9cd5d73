#pragma once

#include "messages/uuid.hpp"
#include "workflow/domain_view.hpp"
#include "workflow/search_attributes.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace cadenza::workflow {

/// Where random bits come from. In production the operating system, in a simulation the seed.
class entropy {
public:
  virtual ~entropy() = default;
  [[nodiscard]] virtual std::uint64_t next() = 0;

  [[nodiscard]] uuid new_uuid() {
    const auto high = next();
    return uuid::v4(high, next());
  }
  /// A number in [0, bound); 0 when bound ≤ 0.
  [[nodiscard]] std::int64_t below(std::int64_t bound) {
    return bound <= 0 ? 0 : static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(bound));
  }
};

/// Longest ids and names that decisions may carry, in bytes: the limit.*Length keys.
struct id_lengths {
  int domain = 1000;
  int workflow_id = 1000;
  int workflow_type = 1000;
  int signal_name = 1000;
  int task_list = 1000;
  int activity_id = 1000;
  int activity_type = 1000;
  int marker_name = 1000;
  int timer_id = 1000;
  int warn = 128; ///< longer ones are noted: limit.maxIDWarnLength

  bool operator==(const id_lengths&) const = default;
};

/// What a transaction met that is allowed but beyond a warning limit, for whoever counts and logs it.
struct oversized {
  int blobs = 0;
  std::size_t blob_bytes = 0; ///< of the largest
  const char* blob_name = ""; ///< of the largest
  int ids = 0;
  std::size_t id_bytes = 0; ///< of the longest
  const char* id_name = ""; ///< of the longest
};

/// Limits and settings of the engine that the rules of a run depend on, as the dynamic configuration has them for the
/// run's domain. Defaults are those of the reference system.
struct rules {
  std::int64_t blob_size_warn = 256 << 10;
  std::int64_t blob_size_error = 2 << 20;
  std::int64_t history_size_warn = 50LL << 20;
  std::int64_t history_size_error = 200LL << 20;
  std::int64_t history_count_warn = 51'200;
  std::int64_t history_count_error = 204'800;
  bool pending_activities_limited = false;
  int pending_activities_warn = 512;
  int pending_activities_error = 1024;
  id_lengths lengths;
  std::int64_t transaction_size_max = 14'680'064;
  int max_decision_start_to_close_s = 240;
  int max_buffered_batches = 100;
  int max_signals_per_run = 10'000;
  std::int64_t sticky_ttl_s = 365LL * 86400;
  int decision_heartbeat_timeout_s = 1800;
  int normal_schedule_to_start_max_attempts = 0;
  int normal_schedule_to_start_timeout_s = 300;
  int decision_attempts_critical = 10;
  int decision_attempts_max = 1000; ///< 0: no limit
  bool enforce_decision_attempts = false;
  int activity_max_schedule_to_start_for_retry_s = 1800;
  bool parent_close_policy_enabled = true;
  int max_auto_reset_points = 20;
  bool local_dispatch_enabled = true;
  bool cross_cluster_operations = false;
  int search_attributes_max_keys = 100;
  int search_attributes_max_value = 2048;
  int search_attributes_max_total = 40 << 10;
  bool search_attributes_check_keys = true;
  std::shared_ptr<const attribute_types> search_attribute_types; ///< null: the default ones
  int deletion_jitter_minutes = 60;
  bool strong_idempotency = false;

  bool operator==(const rules&) const = default;
};

/// What the rules may know of the world during one transaction. Everything is an argument: the rules read no clock and
/// draw no numbers by themselves.
struct environment {
  std::int64_t now_ns = 0;
  entropy* chance = nullptr;     ///< not null
  domain_ptr domain;             ///< the run's own domain
  directory_ptr domains;         ///< all domains, for decisions that name another
  const rules* limits = nullptr; ///< not null
  std::string current_cluster = "active";
  std::int32_t shard = 0;
  oversized* seen = nullptr; ///< may be null: nobody wants to know
};

} // namespace cadenza::workflow
