#pragma once

#include "actors/base/workload.hpp"
#include "workflow/transaction.hpp"

namespace cadenza::actors {

/// What a transaction of a run brings about once it is committed.
[[nodiscard]] run_tally tally_of(const workflow::changes& made);

} // namespace cadenza::actors
