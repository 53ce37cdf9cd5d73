#pragma once

#include "ledger.hpp"
#include "world.hpp"

namespace cadenza::simulation {

/// What must hold when all workflows are over and the weather is calm: reads every run back, through the engine, and
/// compares it with what clients were told. Throws the first violation.
void check_everything(world& in, const ledger& book);

} // namespace cadenza::simulation
