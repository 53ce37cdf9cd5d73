#pragma once

#include "storage/probes.hpp"
#include "storage/sql/postgres/endpoint.hpp"
#include "storage/visibility/visibility_store.hpp"

#include <chrono>
#include <memory>
#include <vector>

namespace cadenza::storage {

struct postgres_lists_options {
  std::vector<sql::postgres::endpoint> databases;  ///< those of the store, in the same order
  std::int64_t removed_kept_max = 100'000;         ///< how many removed runs each remembers against late changes
  std::chrono::milliseconds query_longest{30'000}; ///< of one statement; limit_exceeded after it
  store_probes probes;                             ///< told of operations and connections
};

/// Lists of runs in the databases that keep the runs: a run is listed in the database of its shard. They are written
/// by the transactions of the store (`shard_transaction::listed`), and by `apply` when they are made anew. What is
/// asked of several databases is merged.
///
/// What is applied is durable. `apply` is one transaction in each database: after an error some of them may have
/// theirs, and applying the batch again does no harm.
class postgres_lists : public visibility_store {
public:
  /// Whether all runs that were there before the lists are in them.
  [[nodiscard]] virtual outcome<bool> complete() = 0;
  [[nodiscard]] virtual outcome<void> set_complete() = 0;
};

/// Opens them in databases with the schema of this program. Errors: `unavailable` when one cannot be reached.
[[nodiscard]] outcome<std::unique_ptr<postgres_lists>> open_postgres_lists(postgres_lists_options options);

} // namespace cadenza::storage
