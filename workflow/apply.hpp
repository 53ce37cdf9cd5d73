#pragma once

#include "workflow/transaction.hpp"

namespace cadenza::workflow {

/// Changes the state of the run as an event of its history demands: the one place where an event's meaning for the
/// state is written down. Used for events just added and for stored ones that are replayed; in both cases the run ends
/// up the same, but for ids that are not in events (request ids of children and externals, drawn anew).
///
/// Does not touch version histories or next_event_id, and adds no tasks: `transaction::add` and `replay` do the first,
/// the rules and `refresh_tasks` the second. `batch_first_id` is the first event id of the event's stored batch.
///
/// An event that may be buffered is applied when it is made, with the id -123: the started ids it leaves in pending
/// activities and children must be put right when it gets its number. An event about something that is no longer
/// pending changes nothing.
void apply(transaction& tx, const api::HistoryEvent& event, std::int64_t batch_first_id);

} // namespace cadenza::workflow
