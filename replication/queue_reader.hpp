#pragma once

#include "messages/outcome.hpp"

#include "cadenza/record/v1/task.pb.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace cadenza::storage {
class shard_store;
}

namespace cadenza::replication {

/// Most tasks one page of a replication queue may hold.
inline constexpr int queue_page_max = 1000;

/// Some tasks of a shard's replication queue.
struct queue_page {
  std::vector<record::v1::ReplicationTask> tasks; ///< task ids grow
  std::int64_t last_id = 0; ///< go on after this id; the id that was given when there are no tasks
  bool more = false;        ///< there are further tasks up to the id that was given
};

/// Reads the tasks of a shard's replication queue with after < id ≤ up_to, in order, at most `limit` of them (cut to
/// 1..queue_page_max).
///
/// `up_to` must not lie beyond the ids whose commits are over: a transaction with a lower id may still be on its way to
/// the store after one with a higher id is there, and a reader that went past it would never see it. The shard's
/// sequence knows (`settled_below() - 1`); INT64_MAX is right only while nobody writes to the shard.
///
/// `hand_over` is called once, on any thread, possibly before this returns, and must only send a message.
/// `unavailable`: the store cannot read now; ask again. `internal_data_inconsistency`: a stored task is damaged;
/// nothing is left out in silence, as the other clusters would miss it for ever. Nothing is removed from the queue.
/// `from` must live until `hand_over` has been called.
void read_queue(storage::shard_store& from, int shard, std::int64_t after, std::int64_t up_to, int limit,
                std::function<void(outcome<queue_page>)> hand_over);

} // namespace cadenza::replication
