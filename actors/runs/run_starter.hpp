#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/matching/task_starter.hpp"

namespace cadenza::actors {

/// The one place where it is decided which way a task or a query goes to its run: as a command, or, when the run or the
/// poll is on another node, by the desk of this one. `env` must outlive it.
[[nodiscard]] task_starter_ptr make_run_starter(const actor_context& env);

} // namespace cadenza::actors
