#include "actors/shards/history_shard.hpp"

#include "actors/base/actor_path.hpp"
#include "actors/replication/foreign_work.hpp"
#include "actors/replication/workflow_replica.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

/// What other clusters tell of the workflow ids of a shard.
namespace cadenza::actors {

void history_shard::handle(foreign_work_ptr& work) {
  if (phase_ != phase::ready)
    return work->finish(unavailable("history shard " + std::to_string(index_) + " is loading"));
  auto& replica = replicas_[work->key];
  if (!replica.handle) {
    replica.handle = spawn<workflow_replica, caf::monitored>(env_, index_, range_id_, sequence_, me(), work->key);
    replica_by_address_.emplace(replica.handle->address(), work->key);
  }
  ++replica.sent;
  send(replica.handle, std::move(work));
}

void history_shard::handle(replica_idle& idle) {
  const auto i = replicas_.find(idle.key);
  if (i == replicas_.end() || i->second.sent != idle.taken)
    return; // there is more on its way to it
  replica_by_address_.erase(i->second.handle->address());
  caf::anon_send_exit(i->second.handle, caf::exit_reason::user_shutdown);
  replicas_.erase(i);
  check_standby(idle.key);
}

bool history_shard::on_replica_down(const caf::down_msg& down) {
  const auto i = replica_by_address_.find(caf::actor_cast<caf::actor_addr>(down.source));
  if (i == replica_by_address_.end())
    return false;
  // What it had in hand says by itself that it was dropped, and is told again.
  note_death(env_, actor_path::of_replica(env_, index_, i->second), down.reason);
  CADENZA_ASSERT(replicas_.contains(i->second), "an actor that a shard watches is known to it");
  replicas_.erase(i->second);
  replica_by_address_.erase(i);
  return true;
}

void history_shard::end_replicas() {
  for (auto& [key, replica] : replicas_)
    caf::anon_send_exit(replica.handle, caf::exit_reason::kill);
  replicas_.clear();
  replica_by_address_.clear();
}

} // namespace cadenza::actors
