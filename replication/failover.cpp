#include "replication/failover.hpp"

#include "messages/invariant.hpp"

#include <algorithm>

namespace cadenza::replication {
namespace {

namespace rec = record::v1;

template <class Map> bool has_version(const Map& pending, std::int64_t id, std::int64_t version) {
  const auto* found = pending.find(id);
  return found != nullptr && found->version() == version;
}

bool decision_stands(const workflow::run& r, std::int64_t schedule_id, std::int64_t version) {
  return r.has_pending_decision() && r.head().decision().schedule_id() == schedule_id &&
         r.head().decision().version() == version;
}

/// Whether this cluster writes events of a version, which the domain or one of its runs has.
outcome<void> check_writer(std::int64_t version, const workflow::domain_view& domain, const cluster_group& group) {
  const auto writer = group.cluster_of(version);
  if (!writer)
    return writer.error();
  const bool waits = domain.row.failover_end_ns() > 0;
  if (*writer == group.self() && !waits)
    return {};
  error_detail detail;
  detail.domain = domain.name;
  detail.current_cluster = group.self();
  detail.active_cluster = *writer;
  return error(error_kind::domain_not_active,
               waits && *writer == group.self()
                   ? "Domain: " + domain.name + " is pending active in cluster: " + group.self() + "."
                   : "Domain: " + domain.name + " is active in cluster: " + *writer + ", while current cluster " +
                         group.self() + " is a standby cluster.",
               std::move(detail));
}

} // namespace

std::int64_t version_of_next(const workflow::run& r, const workflow::domain_view& domain) {
  return r.closed() ? r.last_write_version()
                    : std::max({r.last_write_version(), r.head().current_version(), domain.version()});
}

outcome<void> check_active(const workflow::run* r, const workflow::domain_view& domain, const cluster_group& group) {
  if (!domain.global())
    return {};
  return check_writer(r == nullptr ? domain.version() : version_of_next(*r, domain), domain, group);
}

outcome<void> check_start(const workflow::run* current, const workflow::domain_view& domain,
                          const cluster_group& group) {
  return check_start(current == nullptr ? std::nullopt : std::optional(current->last_write_version()), domain, group);
}

outcome<void> check_start(std::optional<std::int64_t> current_version, const workflow::domain_view& domain,
                          const cluster_group& group) {
  if (!domain.global())
    return {};
  CADENZA_TRY(check_writer(domain.version(), domain, group));
  if (!current_version || *current_version <= domain.version())
    return {};
  return check_writer(*current_version, domain, group);
}

in_flight decide_in_flight(const workflow::run& r, std::int64_t domain_version, const cluster_group& group) {
  if (!r.open() || !r.has_started_decision() || r.last_write_version() >= domain_version)
    return in_flight::nothing;
  if (group.mine(r.last_write_version()))
    return in_flight::fail_by_last;
  return group.mine(domain_version) ? in_flight::fail_by_current : in_flight::nothing;
}

outcome<std::optional<workflow::changes>> end_in_flight(workflow::run& r, workflow::event_source& events,
                                                        const workflow::environment& env, const cluster_group& group,
                                                        workflow::task_id_source& ids) {
  const auto due = decide_in_flight(r, env.domain->version(), group);
  if (due == in_flight::nothing)
    return std::optional<workflow::changes>();
  if (due == in_flight::fail_by_current && !r.buffered().empty())
    return error(error_kind::internal_data_inconsistency,
                 "events wait in run " + r.key().run_id.str() + " that another cluster has written");
  const auto writer = due == in_flight::fail_by_last ? workflow::at_version(env, r.last_write_version()) : env;
  workflow::transaction tx(r, writer, events);
  workflow::fail_decision_by_failover(tx);
  auto made = tx.close(ids);
  if (!made)
    return made.error();
  CADENZA_ASSERT(r.buffered().empty() && !r.has_started_decision(), "nothing waits behind a decision that has failed");
  return std::optional(std::move(*made));
}

bool stands(const workflow::run& r, const rec::TransferTask& task) {
  switch (task.type()) {
  case rec::TRANSFER_DECISION: return r.open() && decision_stands(r, task.schedule_id(), task.version());
  case rec::TRANSFER_ACTIVITY: return r.open() && has_version(r.activities(), task.schedule_id(), task.version());
  case rec::TRANSFER_START_CHILD: return has_version(r.children(), task.initiated_id(), task.version());
  case rec::TRANSFER_CANCEL_EXTERNAL: return has_version(r.cancel_requests(), task.initiated_id(), task.version());
  case rec::TRANSFER_SIGNAL_EXTERNAL: return has_version(r.signals(), task.initiated_id(), task.version());
  case rec::TRANSFER_CLOSE: return r.closed() && r.last_write_version() == task.version();
  case rec::TRANSFER_RECORD_STARTED:
  case rec::TRANSFER_UPSERT: return r.open();
  default: return true;
  }
}

bool stands(const workflow::run& r, const rec::TimerTask& task) {
  switch (task.type()) {
  case rec::TIMER_DECISION_TIMEOUT: return r.open() && decision_stands(r, task.event_id(), task.version());
  case rec::TIMER_ACTIVITY_RETRY: return r.open() && has_version(r.activities(), task.event_id(), task.version());
  case rec::TIMER_WORKFLOW_TIMEOUT: return r.open() && r.fixed().start_version() == task.version();
  case rec::TIMER_DELETE_HISTORY: return r.closed() && r.last_write_version() == task.version();
  default: return r.open();
  }
}

} // namespace cadenza::replication
