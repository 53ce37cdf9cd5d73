#pragma once

#include "actors/base/matching_message.hpp"
#include "actors/runs/run_command.hpp"

namespace cadenza::actors {

/// What the list of another node asks of a run: to start a task for a worker that waits there, or to give it a query.
/// The command answers, also when it is dropped. Null: it is nothing that a run is asked; the other node has been told.
///
/// Carried out once in effect: the same poll that asks again for the same task gets the same answer.
[[nodiscard]] run_command_ptr receive(const actor_context& env, matching_message_ptr message);

} // namespace cadenza::actors
