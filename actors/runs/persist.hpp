#pragma once

#include "storage/store.hpp"
#include "workflow/transaction.hpp"

#include <optional>
#include <vector>

namespace cadenza::actors {

/// The current-run row of a record.
[[nodiscard]] storage::current_row to_row(const record::v1::CurrentRun& current);

/// The store transaction of a closed workflow transaction (and of the run that follows it). Moves rows out of `made`;
/// tasks and events stay in it for those who carry them out.
[[nodiscard]] storage::shard_transaction to_store(int shard, std::int64_t range_id, const run_key& key,
                                                  workflow::changes& made,
                                                  std::optional<storage::current_condition> creates);

/// The same for what another cluster has told: several runs of one workflow id, each under its own version.
/// `condition`: what the current-run row must be, also where `current` leaves it as it is.
[[nodiscard]] storage::shard_transaction to_store(int shard, std::int64_t range_id,
                                                  const std::vector<workflow::changes*>& runs,
                                                  const std::optional<record::v1::CurrentRun>& current,
                                                  std::optional<storage::current_condition> condition);

} // namespace cadenza::actors
