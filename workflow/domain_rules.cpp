#include "workflow/domain_rules.hpp"

#include "messages/constants.hpp"
#include "messages/invariant.hpp"
#include "messages/quoted.hpp"
#include "messages/wire_time.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::int64_t day_s = 86'400;

bool valid_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
}

outcome<void> check_retention(std::int64_t seconds, const domain_world& world) {
  const auto days = seconds / day_s;
  if (days < world.limits.min_retention_days)
    return bad_request("A valid retention period is not set on request.");
  if (days > world.limits.max_retention_days)
    return bad_request("RetentionDays is invalid.");
  return {};
}

outcome<void> check_primary(const domain_world& world) {
  if (world.current_cluster != world.primary_cluster)
    return bad_request("Cluster is not primary cluster, cannot do domain registration or domain update.");
  return {};
}

} // namespace

outcome<void> check_cool_down(const record::v1::DomainRow& row, const domain_world& world) {
  constexpr std::int64_t second_ns = 1'000'000'000;
  const auto wait_ns = row.last_updated_ns() + world.limits.cool_down_ns - world.now_ns;
  if (wait_ns <= 0)
    return {};
  return service_busy("Domain update too frequent. It may change once in frontend.failoverCoolDown, " +
                      std::to_string(world.limits.cool_down_ns / second_ns) + " s; again in " +
                      std::to_string((wait_ns + second_ns - 1) / second_ns) + " s.");
}

bool domain_world::knows(const std::string& cluster) const {
  return cluster == current_cluster || std::find(clusters.begin(), clusters.end(), cluster) != clusters.end();
}

std::int64_t domain_world::first_version(const std::string& cluster) const {
  if (!versions)
    return initial_failover_version;
  const auto first = versions->next(cluster, 0);
  CADENZA_ASSERT(first, "a cluster that is known has versions; " + cluster);
  return *first;
}

namespace {

/// The first cluster that is not of the group.
template <class Clusters> std::optional<std::string> stranger_in(const Clusters& clusters, const domain_world& world) {
  for (const auto& cluster : clusters)
    if (!world.knows(cluster.cluster_name()))
      return cluster.cluster_name();
  return std::nullopt;
}

/// Writes down where a domain that is made lives, and where it is active: here, when nothing was said.
outcome<void> take_clusters(const api::RegisterDomainRequest& request, const domain_world& world, api::Domain& d) {
  const auto& active = request.active_cluster_name().empty() ? world.current_cluster : request.active_cluster_name();
  if (!world.knows(active))
    return bad_request("Invalid cluster name: " + active);
  if (const auto stranger = stranger_in(request.clusters(), world))
    return bad_request("Invalid cluster name: " + *stranger);
  d.set_active_cluster_name(active);
  for (const auto& cluster : request.clusters())
    if (!workflow::lives_in(d, cluster.cluster_name()))
      d.add_clusters()->set_cluster_name(cluster.cluster_name());
  if (d.clusters().empty())
    d.add_clusters()->set_cluster_name(active);
  if (request.is_global_domain()) {
    if (!workflow::lives_in(d, active))
      return bad_request("Active cluster is not contained in all clusters.");
    return {};
  }
  if (active != world.current_cluster)
    return bad_request("Invalid local domain active cluster");
  if (request.clusters_size() > 1 || d.clusters(0).cluster_name() != active)
    return bad_request("Invalid local domain clusters");
  return {};
}

/// A domain may get further clusters. It leaves none: that one would never hear of it.
outcome<void> change_clusters(const api::UpdateDomainRequest& request, const domain_world& world, api::Domain& d) {
  if (const auto stranger = stranger_in(request.clusters(), world))
    return bad_request("Invalid cluster name: " + *stranger);
  api::Domain now;
  for (const auto& cluster : request.clusters())
    if (!workflow::lives_in(now, cluster.cluster_name()))
      now.add_clusters()->set_cluster_name(cluster.cluster_name());
  if (!workflow::lives_in(now, d.active_cluster_name()))
    return bad_request("Active cluster is not contained in all clusters.");
  for (const auto& before : d.clusters())
    if (!workflow::lives_in(now, before.cluster_name()))
      return bad_request("Cannot remove existing replicated clusters from a domain.");
  *d.mutable_clusters() = now.clusters();
  return {};
}

/// Clusters by attribute of a domain that is made. A local domain has none, whatever was asked.
outcome<void> take_active_clusters(const api::RegisterDomainRequest& request, const domain_world& world,
                                   api::Domain& d) {
  if (!request.is_global_domain())
    return {};
  CADENZA_TRY(check_no_regions(request.active_clusters()));
  for (const auto& [scope, attributes] : request.active_clusters().active_clusters_by_cluster_attribute())
    for (const auto& [attribute, cluster] : attributes.cluster_attributes())
      if (!world.knows(cluster.active_cluster_name()))
        return bad_request("Cluster " + cluster.active_cluster_name() +
                           " not found. Domain cannot be registered in this cluster for scope " + quoted(scope) +
                           " and attribute " + quoted(attribute));
  CADENZA_TRY(check_attributes(d, request.active_clusters(), world));
  (void)merge_active_clusters(d, request.active_clusters(), world);
  return {};
}

/// Nothing is archived in this version, so nothing is asked of a domain either.
bool only_archival(const std::set<std::string>& named) {
  return std::all_of(named.begin(), named.end(),
                     [](const std::string& path) { return path.find("archival") != std::string::npos; });
}

} // namespace

outcome<record::v1::DomainRow> register_domain(const api::RegisterDomainRequest& request, const uuid& id,
                                               const domain_world& world) {
  if (!valid_name(request.name()))
    return bad_request("Domain name is not valid: letters, digits, '-', '_' and '.' are allowed.");
  CADENZA_TRY(check_retention(request.workflow_execution_retention_period().seconds(), world));
  const bool global = request.is_global_domain();
  if (global)
    CADENZA_TRY(check_primary(world));
  record::v1::DomainRow row;
  CADENZA_TRY(take_clusters(request, world, *row.mutable_domain()));
  // A global domain of one cluster: its versions are real ones, so that it can move to other clusters later.
  const auto version = global ? world.first_version(row.domain().active_cluster_name()) : local_version;
  row.set_format(1);
  row.set_failover_version(version);
  row.set_previous_failover_version(local_version);
  row.set_last_updated_ns(world.now_ns);
  auto& d = *row.mutable_domain();
  d.set_id(id.str());
  d.set_name(request.name());
  d.set_status(api::DOMAIN_STATUS_REGISTERED);
  d.set_description(request.description());
  d.set_owner_email(request.owner_email());
  *d.mutable_data() = request.data();
  d.mutable_workflow_execution_retention_period()->set_seconds(request.workflow_execution_retention_period().seconds() /
                                                               day_s * day_s);
  d.mutable_bad_binaries();
  d.set_history_archival_status(api::ARCHIVAL_STATUS_DISABLED);
  d.set_visibility_archival_status(api::ARCHIVAL_STATUS_DISABLED);
  d.set_is_global_domain(global);
  d.set_failover_version(version);
  CADENZA_TRY(take_active_clusters(request, world, d));
  return row;
}

outcome<record::v1::DomainRow> update_domain(const record::v1::DomainRow& old, const api::UpdateDomainRequest& request,
                                             const domain_world& world) {
  static const std::set<std::string> known{"description",
                                           "owner_email",
                                           "data",
                                           "workflow_execution_retention_period",
                                           "bad_binaries",
                                           "history_archival_status",
                                           "history_archival_uri",
                                           "visibility_archival_status",
                                           "visibility_archival_uri",
                                           "active_cluster_name",
                                           "clusters",
                                           "delete_bad_binary",
                                           "failover_timeout",
                                           "active_clusters"};
  std::set<std::string> named;
  for (const auto& path : request.update_mask().paths()) {
    if (!known.contains(path))
      return bad_request("unknown field in the update mask: " + path);
    named.insert(path);
  }
  const auto has = [&](const char* path) { return named.contains(path); };
  auto row = old;
  auto& d = *row.mutable_domain();
  const bool fails_over = has("active_cluster_name") || has("active_clusters");
  if (!d.is_global_domain() && (fails_over || has("clusters") || has("failover_timeout")))
    return bad_request("Local domains cannot perform failovers or change replication configuration");
  if (fails_over) {
    if (named.size() > (has("active_cluster_name") ? 1U : 0U) + has("active_clusters") + has("failover_timeout"))
      return bad_request("Cannot set active cluster to current cluster when other parameters are set.");
    return fail_over_by_update(old, request, world);
  }
  if (has("failover_timeout"))
    return bad_request("Cannot start graceful failover without updating active cluster or in local domain.");
  if (has("clusters"))
    CADENZA_TRY(change_clusters(request, world, d));
  if (d.is_global_domain()) {
    CADENZA_TRY(check_primary(world));
    // The pause lets a change reach the other clusters before the next one. A domain of one cluster, which is what
    // everybody registers first, need not wait for any.
    if (d.clusters_size() > 1)
      CADENZA_TRY(check_cool_down(old, world));
  }
  if (has("description"))
    d.set_description(request.description());
  if (has("owner_email"))
    d.set_owner_email(request.owner_email());
  if (has("data")) {
    for (const auto& [key, value] : request.data())
      (*d.mutable_data())[key] = value;
  }
  if (has("workflow_execution_retention_period")) {
    const auto seconds = request.workflow_execution_retention_period().seconds();
    CADENZA_TRY(check_retention(seconds, world));
    d.mutable_workflow_execution_retention_period()->set_seconds(seconds / day_s * day_s);
  }
  auto& binaries = *d.mutable_bad_binaries()->mutable_binaries();
  if (has("bad_binaries")) {
    for (const auto& [checksum, info] : request.bad_binaries().binaries()) {
      auto& entry = binaries[checksum];
      entry = info;
      workflow::set_time(*entry.mutable_created_time(), world.now_ns);
    }
    if (static_cast<int>(binaries.size()) > world.limits.max_bad_binaries)
      return bad_request("Total resetBinaries cannot exceed the max limit: " +
                         std::to_string(world.limits.max_bad_binaries));
  }
  if (has("delete_bad_binary") && binaries.erase(request.delete_bad_binary()) == 0)
    return bad_request("Bad binary checksum " + request.delete_bad_binary() + " doesn't exists.");
  if (!named.empty() && only_archival(named))
    return old;
  CADENZA_ASSERT(d.id() == old.domain().id() && d.name() == old.domain().name() &&
                     d.is_global_domain() == old.domain().is_global_domain(),
                 "a domain keeps its id, its name and its kind");
  row.set_config_version(row.config_version() + 1);
  row.set_last_updated_ns(world.now_ns);
  return row;
}

outcome<record::v1::DomainRow> deprecate_domain(const record::v1::DomainRow& old, const domain_world& world) {
  if (old.domain().is_global_domain())
    CADENZA_TRY(check_primary(world));
  auto row = old;
  row.mutable_domain()->set_status(api::DOMAIN_STATUS_DEPRECATED);
  row.set_config_version(row.config_version() + 1);
  row.set_last_updated_ns(world.now_ns);
  return row;
}

} // namespace cadenza::actors
