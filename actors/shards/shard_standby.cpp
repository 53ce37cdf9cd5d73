#include "actors/shards/history_shard.hpp"

/// Tasks of runs that are active in another cluster.
namespace cadenza::actors {

void history_shard::handle(domains_told&) {}

} // namespace cadenza::actors
