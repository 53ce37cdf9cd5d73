#pragma once

#include "replication/branches.hpp"
#include "replication/clusters.hpp"
#include "workflow/replicated.hpp"
#include "workflow/transaction.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cadenza::replication {

namespace api = uber::cadence::api::v1;
namespace rec = record::v1;

/// A batch of events that another cluster has written.
struct foreign_batch {
  run_key key;
  rec::VersionBranch items; ///< of the writer's branch, up to the batch's last event; without a place in the store
  std::shared_ptr<api::History> events;
  std::shared_ptr<api::History> new_run_events; ///< first batch of the run this one continues as; null: none
};

/// The runs of one workflow id, as whoever applies a batch has them at hand: all that the batch names (its own run, the
/// run it was reset from, the run it continues as), and the current one. Nothing of it changes meanwhile.
class run_view {
public:
  virtual ~run_view() = default;
  /// Null: there is no such run.
  [[nodiscard]] virtual workflow::run* find(const uuid& run_id) = 0;
  /// Null: the workflow id has no run.
  [[nodiscard]] virtual workflow::run* current() = 0;
  [[nodiscard]] virtual workflow::event_source& events(const uuid& run_id) = 0;
  /// The batches of a branch that begin before event `behind_id`, from the first on. Null: not at hand; they must be
  /// read before the batch is tried again.
  [[nodiscard]] virtual const std::vector<workflow::batch>* history(const rec::HistoryBranch& branch,
                                                                    std::int64_t behind_id) = 0;
  /// The version with which a history tree was read.
  [[nodiscard]] virtual std::int64_t tree_version(const std::string& tree_id) = 0;
};

/// Where a batch is applied. All outlive the call.
struct apply_context {
  const workflow::environment& env; ///< `domain` as this cluster knows it now
  const cluster_group& group;
  workflow::task_id_source& ids;
};

/// A run with what must be written for it.
struct written_run {
  std::unique_ptr<workflow::run> state; ///< of a run that is new or was built anew; null: the view's, which has changed
  workflow::changes made;               ///< its `current` and `next` are empty
};

/// How far a cluster has a run: up to the last event of its current branch.
struct known_run {
  uuid run;
  rec::VersionItem last;
};

/// What a batch brings. `runs` and `current` are one atomic write.
struct applied {
  enum class kind {
    written,      ///< to be written; then the batch is done
    again,        ///< to be written; then the batch is applied again: own events had to be written down first
    nothing,      ///< known already
    missing,      ///< events of `run` in `range` come first: ask the cluster that sent the batch
    unread,       ///< `run_view::history` of `branch` before `behind_id` was not at hand
    unread_event, ///< an event of the run was not at hand: `event`
  };
  kind what = kind::nothing;
  std::vector<written_run> runs;
  std::optional<rec::CurrentRun> current; ///< new content of the workflow id's current-run row
  std::optional<uuid> current_before;     ///< the run it must name until then; nothing: there is no row
  /// Signals that the current run may not have had, of the batch's run: they go to the cluster where the domain is
  /// active (`reapply`) before anything is written. Else nobody would send them again after a crash.
  std::vector<api::HistoryEvent> signals;
  /// With signals: what has beaten their history. Who has not heard of it may have them in a history that is still to
  /// lose, and would take that for enough: whoever is given the signals must know this first (`knows`).
  std::optional<known_run> winner;
  /// With signals: the batch's run, as it is when the batch has been written.
  std::optional<known_run> origin;

  uuid run;
  event_range range;
  rec::HistoryBranch branch;
  std::int64_t behind_id = 0;
  workflow::missing_event event;
};

/// Takes over what another cluster has written: the run's history and state, which run of the workflow id is current,
/// and the tasks that standby and fail-over need. Applying a batch twice changes nothing the second time.
///
/// bad_request, internal_data_inconsistency, limit_exceeded: the batch can never be applied as it is (dead letters).
/// After an error, and whenever what it returns is not written, the runs of the view must be loaded again.
[[nodiscard]] outcome<applied> apply(const foreign_batch& batch, run_view& runs, const apply_context& context);

/// Whether a run is the later one of two of its workflow id, which is then the current one: last written by a higher
/// version or, within one, begun later. Runs that are active by different attributes are compared by their start.
[[nodiscard]] bool newer(const workflow::run& a, const workflow::run& b);

} // namespace cadenza::replication
