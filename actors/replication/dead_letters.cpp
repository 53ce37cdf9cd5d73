#include "actors/replication/dead_letters.hpp"

#include <utility>

namespace cadenza::actors {

void keep_dead_letter(const actor_context& env, const foreign_work& work, const wire::v1::FeedItem& item,
                      storage::done<storage::commit_result> done) {
  const auto shard = work.source_shard % env.routes->shard_count();
  env.store->shards().put_dead_letter({shard, work.from}, {item.task_id(), item.SerializeAsString()}, std::move(done));
}

} // namespace cadenza::actors
