#pragma once

#include "workflow/transaction.hpp"

namespace cadenza::workflow {

/// How the pending decision of a run changes: `apply` calls these for decision events, the decision rules for attempts
/// that leave no event. None adds events or tasks.

/// A decision is pending from now on. The run counts as running (unless it is a zombie). `original_ns` 0: scheduled_ns.
void note_decision_scheduled(transaction& tx, std::int64_t version, std::int64_t schedule_id,
                             const std::string& task_list, std::int32_t timeout_s, std::int64_t attempt,
                             std::int64_t scheduled_ns, std::int64_t original_ns = 0);

/// The pending decision is with a worker.
void note_decision_started(rec::Run& head, std::int64_t version, std::int64_t schedule_id, std::int64_t started_id,
                           const std::string& request_id, std::int64_t started_ns);

/// The decision is over and was completed: the next one is attempt 0.
void note_decision_completed(rec::Run& head, std::int64_t started_id);

/// The decision is over without result; stickiness is gone. The next attempt counts one higher when `raise_attempt`.
void note_decision_failed(rec::Run& head, bool raise_attempt);

} // namespace cadenza::workflow
