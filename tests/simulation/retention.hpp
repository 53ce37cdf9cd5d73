#pragma once

#include "world.hpp"

namespace cadenza::simulation {

/// The retention of the simulation's domain.
constexpr std::int64_t retention_ns = 24 * 3600 * ns_per_s;

/// Lets retention pass when all runs are closed, in bad weather at the moments of deletion: none may go before its
/// time, and afterwards nothing of any run is left in the store or in the lists. Throws the first violation.
void check_retention(world& in, const weather& rough);

} // namespace cadenza::simulation
