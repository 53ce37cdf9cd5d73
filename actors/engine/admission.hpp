#pragma once

#include "actors/base/actor_context.hpp"

#include <string>

/// Who is let in to a run. Each of these tells the caller when it says no.
namespace cadenza::actors {

/// True when the caller belongs to a drained isolation group.
[[nodiscard]] bool refused_as_drained(const actor_context& env, const workflow::domain_view& domain, call& call);

/// True when a limit of requests to runs is reached. `by_id`: the limit of the workflow id counts, too.
[[nodiscard]] bool refused_as_too_many(const actor_context& env, const workflow::domain_view& domain,
                                       const std::string& workflow_id, bool by_id, call& call);

} // namespace cadenza::actors
