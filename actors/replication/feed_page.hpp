#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/replication/feed_request.hpp"
#include "actors/runs/shard_mail.hpp"
#include "messages/outcome.hpp"

#include <cstdint>
#include <functional>

namespace cadenza::actors {

/// Reads what a shard has for the cluster that asks: tasks behind `request->asked.after()`, which is not negative, up
/// to `up_to`, which must not lie beyond the ids whose commits are over. Each with the events or the state it is about
/// as they are now; what does not concern that cluster, or is gone by now, is left out. A page ends after the task that
/// goes beyond the bytes that were asked for. Without `more` everything up to `up_to` has been read.
///
/// `hand_over` runs once, on any thread, possibly at once. unavailable: ask again. internal_data_inconsistency: what is
/// stored is damaged; nothing is left out in silence. `env` must live until then.
void read_feed(const actor_context& env, int shard, const feed_request_ptr& request, std::int64_t up_to,
               std::function<void(outcome<wire::v1::FeedPage>)> hand_over);

} // namespace cadenza::actors
