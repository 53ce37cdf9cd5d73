#include "actors/replication/dead_letters.hpp"

#include <utility>

namespace cadenza::actors {

storage::dead_letters letters_of(const std::string& cluster, int source_shard, int shard_count) {
  return {source_shard % shard_count, cluster + "/" + std::to_string(source_shard)};
}

void keep_dead_letter(const actor_context& env, const foreign_work& work, const wire::v1::FeedItem& item,
                      storage::done<storage::commit_result> done) {
  env.store->shards().put_dead_letter(letters_of(work.from, work.source_shard, env.routes->shard_count()),
                                      {item.task_id(), item.SerializeAsString()}, std::move(done));
}

} // namespace cadenza::actors
