#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/replication/foreign_work.hpp"

namespace cadenza::actors {

/// Keeps an item of `work` that can never be applied in the store: a wire.v1.FeedItem, among the dead letters of its
/// cluster. They lie at the shard that has the number of the telling shard, whose task ids they keep; where this
/// cluster has fewer shards, at the one that is left over when divided. `done` is called once, on any thread.
void keep_dead_letter(const actor_context& env, const foreign_work& work, const wire::v1::FeedItem& item,
                      storage::done<storage::commit_result> done);

} // namespace cadenza::actors
