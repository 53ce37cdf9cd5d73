#pragma once

#include "config/metrics.hpp"
#include "storage/probes.hpp"

namespace cadenza {

/// What the metrics page tells of a store on a database elsewhere.
inline constexpr metrics::declaration database_metrics[] = {
    {"cadenza_database_operation_seconds", metrics::kind::histogram, "operation",
     "Time from a call of the store to its result in seconds, waiting included, by operation."},
    {"cadenza_database_errors_total", metrics::kind::counter, "operation,outcome",
     "Calls of the store that did not succeed, by outcome: condition_failed, unavailable, unknown_outcome or "
     "corrupted."},
    {"cadenza_database_connections", metrics::kind::gauge, "", "Open connections to databases."},
    {"cadenza_database_connection_errors_total", metrics::kind::counter, "",
     "Failed attempts to connect to a database."},
    {"cadenza_database_queued_commits", metrics::kind::histogram, "",
     "Commits waiting when a connection began its next transaction."},
};

/// Probes that fill these, and those of every store. The registry must outlive the store.
[[nodiscard]] storage::store_probes database_probes_of(metrics::registry& registry, storage::store_probes common);

} // namespace cadenza
