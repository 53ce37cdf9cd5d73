#pragma once

#include "workflow/transaction.hpp"

namespace cadenza::workflow {

/// Called by `apply` for a completed decision: notes the first one of each worker binary as a point to reset to, and
/// keeps the search attribute BinaryChecksums in step. True when there is a new point.
bool note_binary_checksum(transaction& tx, const api::HistoryEvent& decision_completed);

/// A point made by a binary that the domain has marked as bad, to which the run may still be reset; null: none.
[[nodiscard]] const api::ResetPointInfo* bad_reset_point(const run& r, const environment& env);

} // namespace cadenza::workflow
