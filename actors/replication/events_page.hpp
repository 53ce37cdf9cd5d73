#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/call.hpp"

#include "cadenza/record/v1/replication_message.pb.h"

namespace cadenza::actors {

/// Answers what another cluster asks of a run's history (wire.v1.EventsPage): whole batches in order, about as many
/// bytes as it wants, one at least. Of a run made by a reset that is asked for from its first event on, only what it
/// has of its own, as long as its base is still here: the other cluster builds the rest from that. Reads the store; any
/// thread.
///
/// entity_not_exists: there is no such run or event, or no more. `env` must live until the call is answered.
void answer_events(const actor_context& env, const wire::v1::EventsRequest& asked, call_ptr call);

} // namespace cadenza::actors
