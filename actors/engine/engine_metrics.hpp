#pragma once

#include "actors/base/actor_context.hpp"
#include "config/metrics.hpp"

#include <span>
#include <vector>

namespace cadenza::actors {

/// The metrics of the engine, for docs/metrics.md.
[[nodiscard]] std::span<const metrics::declaration> engine_metrics();

/// Shows the counters in a registry while the handles live. `counters` must outlive them.
[[nodiscard]] std::vector<metrics::registry::callback_handle> show_metrics(metrics::registry& registry,
                                                                           const engine_counters& counters);

} // namespace cadenza::actors
