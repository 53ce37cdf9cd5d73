#pragma once

#include "replication/apply.hpp"
#include "workflow/replicated.hpp"

#include <optional>
#include <vector>

namespace cadenza::replication {

/// What becomes of signals that a run which is not the current one has had.
struct signals_applied {
  enum class kind {
    written, ///< they were added: to be written, under the condition that the run is the current one
    nothing, ///< the current run has had them, or can never decide on them
    reset, ///< the current run has closed: it is to be reset to before `reset_to` with `signals`, behind those that it
           ///< has had after `reset_to` itself
    dropped,      ///< `signals` are lost: the current run has closed before a worker knew of it
    unread_event, ///< an event of `event_of` was not at hand: `event`
  };
  kind what = kind::nothing;
  std::optional<workflow::changes> made;
  std::int64_t reset_to = 0;              ///< end of the last decision of the closed run
  std::vector<api::HistoryEvent> signals; ///< for `reset_input::reapply`, with `keep_request_ids`
  workflow::missing_event event;
  uuid event_of;
};

inline constexpr const char* reapplication_reason = "events-reapplication";

/// Whether this cluster has a run as far as another one: `r` is its run of that id, null if it has none.
[[nodiscard]] bool knows(const workflow::run* r, const known_run& of_another);

/// Adds the signals among `events`, of a run as whoever delivers them has it (`from`), to the current run. Only where
/// the domain is active and what has beaten them is known: `check_start` and `knows` come first, and `end_in_flight`.
/// Signals that another run has had before it came to its own end are not added. What has been added is known by its
/// request id from then on, in every cluster, so this may be asked for any number of times. `runs`: any run of the
/// workflow id may be asked for. After an error the run must be loaded again.
[[nodiscard]] outcome<signals_applied> reapply(workflow::run& current, run_view& runs, const known_run& from,
                                               const std::vector<api::HistoryEvent>& events,
                                               const workflow::environment& env, workflow::task_id_source& ids);

} // namespace cadenza::replication
