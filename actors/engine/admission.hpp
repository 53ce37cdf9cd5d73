#pragma once

#include "actors/base/services.hpp"

#include <string>

/// Who is let in to a run. Each of these tells the caller when it says no.
namespace cadenza::actors {

/// True when the caller belongs to a drained isolation group.
[[nodiscard]] bool refused_as_drained(const services& env, const workflow::domain_view& domain, call& answer);

/// True when a limit of requests to runs is reached. `by_id`: the limit of the workflow id counts, too.
[[nodiscard]] bool refused_as_too_many(const services& env, const workflow::domain_view& domain,
                                       const std::string& workflow_id, bool by_id, call& answer);

} // namespace cadenza::actors
