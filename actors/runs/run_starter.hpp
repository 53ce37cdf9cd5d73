#pragma once

#include "actors/base/services.hpp"
#include "actors/matching/task_starter.hpp"

namespace cadenza::actors {

/// Sends the runs of this process commands to start tasks. `env` must outlive it.
[[nodiscard]] task_starter_ptr make_run_starter(const services& env);

} // namespace cadenza::actors
