#pragma once

#include "workflow/transaction.hpp"

namespace cadenza::workflow {

/// A user timer task fired: fires every expired timer of the run, in order, and schedules one decision. False: nothing
/// was due.
[[nodiscard]] outcome<bool> user_timers_due(transaction& tx, const rec::TimerTask& timer);

/// Adds at most one timer task: the earliest user timer, unless it has one outstanding. Called when a transaction
/// closes.
void schedule_user_timers(transaction& tx);

} // namespace cadenza::workflow
