#include "actors/replication/feed_request.hpp"
#include "actors/shards/history_shard.hpp"

/// What a shard tells other clusters.
namespace cadenza::actors {

void history_shard::handle(feed_request_ptr& asked) { asked->call->reject(unavailable("nothing is told yet")); }

void history_shard::handle(feed_read&) {}

} // namespace cadenza::actors
