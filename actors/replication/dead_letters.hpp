#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/replication/foreign_work.hpp"
#include "storage/shard_store.hpp"

#include <string>

namespace cadenza::actors {

/// Where the dead letters of a shard of another cluster lie: under that cluster's name and the shard's number, as task
/// ids are unique within one shard only; in the store at a shard that this cluster has.
[[nodiscard]] storage::dead_letters letters_of(const std::string& cluster, int source_shard, int shard_count);

/// Keeps an item of `work` that can never be applied in the store: a wire.v1.FeedItem, among the dead letters of the
/// shard that has told it, under its task id. `done` is called once, on any thread.
void keep_dead_letter(const actor_context& env, const foreign_work& work, const wire::v1::FeedItem& item,
                      storage::done<storage::commit_result> done);

} // namespace cadenza::actors
