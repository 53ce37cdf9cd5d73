#pragma once

#include "replication/clusters.hpp"
#include "workflow/replicated.hpp"
#include "workflow/transaction.hpp"

#include "cadenza/record/v1/task.pb.h"

#include <optional>

namespace cadenza::replication {

/// The version that a run's next event has: of a closed run its last one, else that of the domain, unless the run is
/// further by what another cluster has written or told of its activities.
[[nodiscard]] std::int64_t version_of_next(const workflow::run& r, const workflow::domain_view& domain);

/// Whether this cluster may write to a run, or begin one (null). domain_not_active names who may. A domain that is
/// about to become active here, by a graceful fail-over, is not active yet.
[[nodiscard]] outcome<void> check_active(const workflow::run* r, const workflow::domain_view& domain,
                                         const cluster_group& group);

/// Whether this cluster may begin a run of a workflow id whose current run is `current` (null: it has none): it must be
/// active for the domain, and know no later version of it from that run, or the new run would have lost everywhere else
/// before it began. domain_not_active names who may.
[[nodiscard]] outcome<void> check_start(const workflow::run* current, const workflow::domain_view& domain,
                                        const cluster_group& group);

/// The same by the version of the last event of the current run.
[[nodiscard]] outcome<void> check_start(std::optional<std::int64_t> current_version,
                                        const workflow::domain_view& domain, const cluster_group& group);

/// What becomes of a decision that a worker has had since before a fail-over. A batch of events has one version, so
/// what came meanwhile is written down by whoever has it, in its version.
enum class in_flight {
  nothing,         ///< there is none, no fail-over came between, or other clusters are concerned
  fail_by_last,    ///< this cluster wrote last: it ends the decision by the version it was started with
  fail_by_current, ///< another one did: this one ends it by its own version
};
[[nodiscard]] in_flight decide_in_flight(const workflow::run& r, std::int64_t domain_version,
                                         const cluster_group& group);

/// Carries that out, as the cluster that writes: before anything else is done to a run. Nothing: nothing was due, and
/// the run is as it was. internal_data_inconsistency: events wait in a run that another cluster wrote last.
[[nodiscard]] outcome<std::optional<workflow::changes>> end_in_flight(workflow::run& r, workflow::event_source& events,
                                                                      const workflow::environment& env,
                                                                      const cluster_group& group,
                                                                      workflow::task_id_source& ids);

/// Whether a task is still about what the run has. Of a run whose history went another way, or that another cluster has
/// carried on, it is not: it is dropped. Tasks that only wake a run always stand.
[[nodiscard]] bool stands(const workflow::run& r, const record::v1::TransferTask& task);
[[nodiscard]] bool stands(const workflow::run& r, const record::v1::TimerTask& task);

} // namespace cadenza::replication
