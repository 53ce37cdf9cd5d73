#pragma once

#include "replication/activities.hpp"
#include "replication/apply.hpp"

#include <span>

namespace cadenza::replication {

/// What a stored replication task says to another cluster, with the state of its run as it is now. The caller skips
/// tasks whose run is gone. `events`: the batch the task names; `new_run_events`: the first batch of the run it
/// continues as, when the task has a branch of it.
/// entity_not_exists: no branch of the run has the batch.
[[nodiscard]] outcome<foreign_batch> tell(const workflow::run& r, std::shared_ptr<api::History> events,
                                          std::shared_ptr<api::History> new_run_events);

/// Of the batches of a run, from its first event on, those that another cluster needs which has none of them: of a run
/// made by a reset what it has of its own. The other cluster builds the rest from the base, and asks for that if need
/// be; so this is only for runs whose base is still here.
[[nodiscard]] std::span<const workflow::batch> own_part(const uuid& run_id, std::span<const workflow::batch> batches);

/// The same as `tell` for the state of an activity. Nothing: the run has closed or the activity is over, and events say
/// so.
[[nodiscard]] std::optional<foreign_activity> tell_activity(const workflow::run& r, std::int64_t schedule_id);

} // namespace cadenza::replication
