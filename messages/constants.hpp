#pragma once

#include <cstdint>
#include <string_view>

/// Values of the contract that clients and stored histories depend on.
namespace cadenza {

inline constexpr std::int64_t first_event_id = 1;
inline constexpr std::int64_t no_event_id = -23;        ///< "no such event"
inline constexpr std::int64_t local_version = -24;      ///< failover version of domains that live in one cluster
inline constexpr std::int64_t buffered_event_id = -123; ///< event held back while a decision is with a worker
inline constexpr std::int64_t transient_event_id =
    -124; ///< started id of an activity whose started event is not written yet
inline constexpr std::int64_t end_event_id = INT64_MAX;

inline constexpr std::int64_t ns_per_ms = 1'000'000;
inline constexpr std::int64_t ns_per_s = 1'000'000'000;
inline constexpr std::int32_t max_task_timeout_s = 31'622'400; ///< 366 days

inline constexpr std::string_view history_identity = "history-service"; ///< on events the server makes by itself
inline constexpr std::string_view reserved_task_list_prefix = "/__cadence_sys/";

/// State of a run, as stored.
namespace run_state {
inline constexpr int created = 0; ///< no decision scheduled yet
inline constexpr int running = 1;
inline constexpr int completed = 2;
inline constexpr int zombie = 3; ///< not the current run of its id; only replication makes these
inline constexpr int none = 4;   ///< just constructed
inline constexpr int corrupted = 5;
} // namespace run_state

/// Close status of a run, as stored.
namespace close_status {
inline constexpr int none = 0;
inline constexpr int completed = 1;
inline constexpr int failed = 2;
inline constexpr int canceled = 3;
inline constexpr int terminated = 4;
inline constexpr int continued_as_new = 5;
inline constexpr int timed_out = 6;
} // namespace close_status

} // namespace cadenza
