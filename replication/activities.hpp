#pragma once

#include "replication/branches.hpp"
#include "replication/clusters.hpp"
#include "workflow/replicated.hpp"

#include <optional>

namespace cadenza::replication {

/// State of an activity that no event tells (attempts, starts and heartbeats of one that is tried again), as another
/// cluster has it.
struct foreign_activity {
  run_key key;
  record::v1::VersionBranch items; ///< of its current branch
  workflow::activity_state state;
};

/// What came of it.
struct activity_applied {
  enum class kind { written, nothing, missing };
  kind what = kind::nothing;
  std::optional<workflow::changes> made; ///< written: to be written, under the condition of the run's version
  event_range missing;                   ///< events come first: ask the cluster that told of the activity
};

/// Takes the state over when it is later than what the run has. `r` null: there is no such run. After an error, and
/// whenever what it returns is not written, the run must be loaded again.
[[nodiscard]] outcome<activity_applied> apply(const foreign_activity& told, workflow::run* r,
                                              workflow::event_source& events, const workflow::environment& env,
                                              const cluster_group& group, workflow::task_id_source& ids);

} // namespace cadenza::replication
