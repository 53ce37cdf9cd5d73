#pragma once

#include "actors/engine/local_engine.hpp"
#include "config/dynamic.hpp"

namespace cadenza::actors {

/// Gives the engine its limits of requests to runs, as the dynamic configuration has them; their buckets start full
/// again.
void set_request_rates(local_engine& of, const config::snapshot_ptr& now);

} // namespace cadenza::actors
