#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/runs/shard_mail.hpp"

#include <caf/actor.hpp>

#include <memory>

namespace cadenza::actors {

/// A commit of a shard is over: tells the shard and the visibility writer, in this order. For the store's thread,
/// before whoever has made the transaction is told, so that who hears of the commit from there finds it in the lists.
void tell_commit(const std::shared_ptr<commit_note>& note, const storage::commit_result& result,
                 const actor_context& env, const caf::actor& shard);

} // namespace cadenza::actors
