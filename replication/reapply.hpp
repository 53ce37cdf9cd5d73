#pragma once

#include "workflow/replicated.hpp"

#include <optional>
#include <vector>

namespace cadenza::replication {

namespace api = uber::cadence::api::v1;

/// What becomes of signals that a run which is not the current one has had.
struct signals_applied {
  enum class kind {
    written, ///< they were added: to be written, under the condition that the run is the current one
    nothing, ///< the current run has had them, or can never decide on them
    reset,   ///< the current run has closed: it is to be reset to before `reset_to` with `signals`
  };
  kind what = kind::nothing;
  std::optional<workflow::changes> made;
  std::int64_t reset_to = 0;              ///< end of the last decision of the closed run
  std::vector<api::HistoryEvent> signals; ///< for `reset_input::reapply`, with `keep_request_ids`
};

inline constexpr const char* reapplication_reason = "events-reapplication";

/// Adds the signals among `events`, of `from_run`, to the current run. Only where the domain is active: `check_active`
/// comes first, and `end_in_flight`. What has been added is known by its request id from then on, in every cluster, so
/// this may be asked for any number of times. After an error the run must be loaded again.
[[nodiscard]] outcome<signals_applied> reapply(workflow::run& current, workflow::event_source& events_of_current,
                                               const uuid& from_run, const std::vector<api::HistoryEvent>& events,
                                               const workflow::environment& env, workflow::task_id_source& ids);

} // namespace cadenza::replication
