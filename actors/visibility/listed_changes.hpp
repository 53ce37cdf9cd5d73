#pragma once

#include "messages/listed_run.hpp"
#include "storage/visibility/visibility_store.hpp"

#include "cadenza/record/v1/task.pb.h"

#include <vector>

/// What queue tasks say of the lists of runs.
namespace cadenza::actors {

/// Whether a task of this type changes the lists.
[[nodiscard]] bool changes_lists(record::v1::TransferType type);

/// The change that such a task makes.
[[nodiscard]] storage::visibility_change change_of(record::v1::TransferTask&& task);

/// For a store that keeps the lists itself (`capabilities::keeps_lists`): takes what a transaction's tasks change in
/// them out of the tasks, for the transaction to bring along. Tasks that do nothing else are gone afterwards; a close
/// stays without its record when `closes_stay`, because the run's family is told of it.
void take_listed(std::vector<record::v1::TransferTask>& tasks, int shard, bool closes_stay,
                 std::vector<listed_run>& out);

} // namespace cadenza::actors
