#pragma once

#include "workflow/transaction.hpp"

namespace cadenza::workflow {

/// The parts of `refresh_tasks`, for whoever knows which of them are missing.

/// The tasks of a run that has just begun: its time-out, its record in the lists, the wait for its first decision.
void refresh_run(transaction& tx);
/// What hands a pending activity to its list, or does so when it is to be tried again. None when it has started.
void add_activity_task(transaction& tx, const rec::PendingActivity& activity);
/// What starts a child, unless it has started.
void add_child_task(transaction& tx, const rec::PendingChild& child);
/// Who is meant stands only in the initiated event: `missing()` when that is not at hand.
void add_external_task(transaction& tx, const rec::PendingCancelRequest& request);
void add_external_task(transaction& tx, const rec::PendingSignal& signal);

} // namespace cadenza::workflow
