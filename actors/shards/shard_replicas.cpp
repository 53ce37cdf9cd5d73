#include "actors/replication/foreign_work.hpp"
#include "actors/shards/history_shard.hpp"

/// What other clusters tell of the workflow ids of a shard.
namespace cadenza::actors {

void history_shard::handle(foreign_work_ptr& work) {
  work->over(unavailable("nothing is taken from other clusters yet"));
}

void history_shard::handle(replica_idle&) {}

} // namespace cadenza::actors
