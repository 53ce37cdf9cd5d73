#include "messages/invariant.hpp"
#include "workflow/domain_rules.hpp"

#include "messages/constants.hpp"
#include "messages/paging.hpp"
#include "messages/rfc3339.hpp"
#include "messages/wire_time.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <functional>
#include <initializer_list>
#include <set>
#include <utility>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

using nlohmann::json;

constexpr int default_page = 50;
constexpr int page_max = 1000;
constexpr std::int64_t system_retention_s = 7 * 86'400;

std::string rfc3339(std::int64_t ns) {
  const auto seconds = static_cast<std::time_t>(ns / ns_per_s);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  auto size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  size += static_cast<std::size_t>(
      std::snprintf(text + size, sizeof text - size, ".%09lldZ", static_cast<long long>(ns % ns_per_s)));
  return {text, size};
}

/// Broken texts count as none.
json events_in(const std::string& text) {
  auto list = json::parse(text, nullptr, false);
  return list.is_array() ? list : json::array();
}

/// What the data of a domain say of its failovers.
json remembered(const api::Domain& domain) {
  const auto at = domain.data().find(std::string(failover_history_key));
  return at == domain.data().end() ? json::array() : events_in(at->second);
}

std::string text_in(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

/// The newest events of all lists, as text. By their time, then by their words: the same in all clusters.
std::string newest_of(std::initializer_list<const json*> lists, std::size_t most) {
  std::set<std::pair<std::string, std::string>, std::greater<>> events;
  for (const auto* list : lists)
    for (const auto& event : *list)
      if (event.is_object())
        events.emplace(text_in(event, "eventTime"), event.dump(-1, ' ', false, json::error_handler_t::replace));
  std::string out = "[";
  std::size_t taken = 0;
  for (const auto& [time, event] : events)
    if (taken++ < most)
      out += (taken == 1 ? "" : ",") + event;
  return out + "]";
}

bool names_clusters(const api::ActiveClusters& wanted) {
  return !wanted.region_to_cluster().empty() || !wanted.active_clusters_by_cluster_attribute().empty();
}

constexpr const char* no_change =
    "a failover was requested, but there was no change detected, the configuration was not updated";

/// Notes a failover in the row of a domain whose place and clusters are settled. Clusters by attribute keep no memory
/// of it, as in the reference system.
void note_failover(record::v1::DomainRow& row, const api::Domain& before, const api::FailoverDomainRequest& request,
                   const domain_world& world) {
  auto& d = *row.mutable_domain();
  if (!d.has_active_clusters()) {
    auto history = json::array();
    json event{{"eventTime", rfc3339(world.now_ns)},
               {"fromCluster", before.active_cluster_name()},
               {"toCluster", request.domain_active_cluster_name()},
               {"failoverType", request.has_failover_timeout() ? "Grace" : "Force"}};
    if (!request.reason().empty())
      event["reason"] = request.reason();
    history.push_back(std::move(event));
    for (auto& earlier : remembered(before))
      history.push_back(std::move(earlier));
    const auto most = static_cast<std::size_t>(std::max(0, world.limits.failover_history_max));
    (*d.mutable_data())[std::string(failover_history_key)] = newest_of({&history}, most);
  }
  row.set_failover_notification_version(world.notification_version);
  row.set_last_updated_ns(world.now_ns);
}

/// Only the target may take a domain over gracefully, and only from another cluster.
outcome<void> check_graceful(const record::v1::DomainRow& old, const api::FailoverDomainRequest& request,
                             bool active_active, const domain_world& world) {
  if (!request.has_failover_timeout())
    return {};
  const auto& target = request.domain_active_cluster_name();
  if (target.empty() || active_active)
    return bad_request("Cannot start graceful failover without updating active cluster or in local domain.");
  if (target != world.current_cluster)
    return bad_request("Cannot start the graceful failover from a to-be-passive cluster.");
  if (target == old.domain().active_cluster_name())
    return bad_request("Cannot start the graceful failover from an active cluster to an active cluster.");
  if (old.failover_end_ns() > 0)
    return bad_request("Cannot start concurrent graceful failover.");
  if (const auto seconds = request.failover_timeout().seconds(); seconds <= 0)
    return bad_request("The timeout of a graceful failover is a number of seconds, found " + std::to_string(seconds) +
                       ".");
  return {};
}

std::optional<std::int64_t> pending_until(const api::FailoverDomainRequest& request, const domain_world& world) {
  if (!request.has_failover_timeout())
    return std::nullopt;
  return world.now_ns + request.failover_timeout().seconds() * ns_per_s;
}

/// The row with the new places and their versions. A cluster alone keeps what there is: its domains go nowhere.
outcome<record::v1::DomainRow> moved(const record::v1::DomainRow& old, const api::FailoverDomainRequest& request,
                                     bool by_attribute, const domain_world& world) {
  auto row = old;
  if (!world.versions) {
    if (by_attribute)
      (void)merge_active_clusters(*row.mutable_domain(), request.active_clusters(), world);
    row.set_previous_failover_version(local_version);
    row.set_failover_end_ns(0);
    return row;
  }
  if (const auto& target = request.domain_active_cluster_name(); !target.empty()) {
    auto there = workflow::fail_over(row, target, pending_until(request, world), *world.versions);
    if (!there)
      return there.error();
    row = *std::move(there);
  }
  if (by_attribute)
    return workflow::fail_over_attributes(row, request.active_clusters(), *world.versions);
  return row;
}

/// Whether the request names an attribute that the domain has not, or another cluster for one.
bool changes_attributes(const api::Domain& d, const api::ActiveClusters& wanted) {
  bool out = false;
  workflow::for_each_attribute(wanted, [&](const auto& scope, const auto& name, const auto& info) {
    const auto* known = workflow::find_attribute(d.active_clusters(), scope, name);
    out = out || known == nullptr || known->active_cluster_name() != info.active_cluster_name();
  });
  return out;
}

/// `may_promote`: a domain without clusters by attribute may get some.
outcome<record::v1::DomainRow> fail_over(const record::v1::DomainRow& old, const api::FailoverDomainRequest& request,
                                         const domain_world& world, bool may_promote) {
  const auto& before = old.domain();
  const auto& target = request.domain_active_cluster_name();
  if (!before.is_global_domain())
    return bad_request("Local domains cannot perform failovers or change replication configuration");
  bool by_attribute = request.has_active_clusters() && names_clusters(request.active_clusters());
  if (by_attribute && !may_promote && !before.has_active_clusters())
    return bad_request("FailoverDomain cannot be used to promote a domain to active-active; use UpdateDomain to set "
                       "cluster attributes");
  if (by_attribute) {
    CADENZA_TRY(check_attributes(before, request.active_clusters(), world));
    by_attribute = changes_attributes(before, request.active_clusters());
  }
  if (target.empty() && !by_attribute)
    return bad_request(no_change);
  CADENZA_TRY(check_graceful(old, request, by_attribute || before.has_active_clusters(), world));
  if (!target.empty() && !world.knows(target))
    return bad_request("Invalid cluster name: " + target);
  if (!target.empty() && !workflow::lives_in(before, target))
    return bad_request("Active cluster is not contained in all clusters.");
  CADENZA_TRY(check_cool_down(old, world));
  auto row = moved(old, request, by_attribute, world);
  if (!row)
    return row.error();
  note_failover(*row, before, request, world);
  CADENZA_ASSERT(row->failover_version() >= old.failover_version(), "the version of a domain never goes back");
  return row;
}

} // namespace

outcome<void> check_no_regions(const api::ActiveClusters& wanted) {
  if (wanted.region_to_cluster().empty())
    return {};
  return bad_request("Invalid active clusters: name them by scope and attribute, not by region.");
}

outcome<void> check_attributes(const api::Domain& d, const api::ActiveClusters& wanted, const domain_world& world) {
  CADENZA_TRY(check_no_regions(wanted));
  outcome<void> out;
  workflow::for_each_attribute(wanted, [&](const auto&, const auto&, const api::ActiveClusterInfo& cluster) {
    if (!out)
      return;
    if (!world.knows(cluster.active_cluster_name()))
      out = bad_request("Invalid active cluster name: " + cluster.active_cluster_name());
    else if (cluster.failover_version() < 0)
      out = bad_request("invalid failover version: " + std::to_string(cluster.failover_version()));
    else if (!workflow::lives_in(d, cluster.active_cluster_name()))
      out = bad_request("Active cluster is not contained in all clusters.");
  });
  return out;
}

bool merge_active_clusters(api::Domain& d, const api::ActiveClusters& wanted, const domain_world& world) {
  bool changed = false;
  workflow::for_each_attribute(wanted, [&](const auto& scope, const auto& name, const auto& cluster) {
    if (workflow::find_attribute(d.active_clusters(), scope, name) != nullptr)
      return; // where it is active already
    auto& known = workflow::edit_attribute(d, scope, name);
    known.set_active_cluster_name(cluster.active_cluster_name());
    known.set_failover_version(world.first_version(cluster.active_cluster_name()));
    changed = true;
  });
  return changed;
}

outcome<record::v1::DomainRow> fail_over_domain(const record::v1::DomainRow& old,
                                                const api::FailoverDomainRequest& request, const domain_world& world) {
  return fail_over(old, request, world, false);
}

outcome<record::v1::DomainRow> fail_over_by_update(const record::v1::DomainRow& old,
                                                   const api::UpdateDomainRequest& request, const domain_world& world) {
  api::FailoverDomainRequest wanted;
  wanted.set_domain_name(request.name());
  for (const auto& path : request.update_mask().paths()) {
    if (path == "active_cluster_name")
      wanted.set_domain_active_cluster_name(request.active_cluster_name());
    else if (path == "active_clusters")
      *wanted.mutable_active_clusters() = request.active_clusters();
    else if (path == "failover_timeout")
      *wanted.mutable_failover_timeout() = request.failover_timeout();
  }
  return fail_over(old, wanted, world, true);
}

std::string merge_failover_histories(const std::string& one, const std::string& other) {
  const auto mine = events_in(one);
  const auto theirs = events_in(other);
  const auto most =
      std::max({mine.size(), theirs.size(), static_cast<std::size_t>(domain_limits().failover_history_max)});
  return newest_of({&mine, &theirs}, most);
}

outcome<api::ListFailoverHistoryResponse> list_failovers(const record::v1::DomainRow& row,
                                                         const api::ListFailoverHistoryRequest& request) {
  const auto events = remembered(row.domain());
  const auto& token = request.pagination().next_page_token();
  std::size_t from = 0;
  const auto* end = token.data() + token.size();
  if (const auto read = std::from_chars(token.data(), end, from);
      !token.empty() && (read.ec != std::errc{} || read.ptr != end))
    return bad_request("Invalid NextPageToken.");
  const auto page = static_cast<std::size_t>(page_size(request.pagination().page_size(), default_page, page_max));
  api::ListFailoverHistoryResponse out;
  std::size_t at = std::min(from, events.size());
  for (; at < events.size() && static_cast<std::size_t>(out.failover_events_size()) < page; ++at) {
    const auto& event = events[at];
    if (!event.is_object())
      continue;
    auto& shown = *out.add_failover_events();
    const auto time = workflow::parse_rfc3339(text_in(event, "eventTime")).value_or(0);
    // Always the same id for the same event.
    const auto domain = std::hash<std::string>{}(row.domain().id());
    shown.set_id(uuid::v7(time, domain, static_cast<std::uint64_t>(time)).str());
    workflow::set_time(*shown.mutable_created_time(), time);
    shown.set_failover_type(text_in(event, "failoverType") == "Grace" ? api::FAILOVER_TYPE_GRACEFUL
                                                                      : api::FAILOVER_TYPE_FORCE);
    auto& change = *shown.add_cluster_failovers();
    change.mutable_from_cluster()->set_active_cluster_name(text_in(event, "fromCluster"));
    change.mutable_to_cluster()->set_active_cluster_name(text_in(event, "toCluster"));
  }
  if (at < events.size())
    out.set_next_page_token(std::to_string(at));
  return out;
}

outcome<record::v1::DomainRow> set_isolation_groups(const record::v1::DomainRow& old,
                                                    const api::IsolationGroupConfiguration& groups,
                                                    const domain_world& world) {
  CADENZA_TRY(check_cool_down(old, world));
  if (old.domain().is_global_domain() && world.current_cluster != world.primary_cluster)
    return bad_request("Cluster is not primary cluster, cannot do domain registration or domain update.");
  auto row = old;
  *row.mutable_domain()->mutable_isolation_groups() = groups;
  row.set_config_version(row.config_version() + 1);
  row.set_last_updated_ns(world.now_ns);
  return row;
}

outcome<record::v1::DomainRow> set_async_workflow(const record::v1::DomainRow& old,
                                                  const api::AsyncWorkflowConfiguration* queue,
                                                  const domain_world& world) {
  CADENZA_TRY(check_cool_down(old, world));
  if (old.domain().is_global_domain() && world.current_cluster != world.primary_cluster)
    return bad_request("Cluster is not primary cluster, cannot do domain registration or domain update.");
  auto row = old;
  if (queue)
    *row.mutable_domain()->mutable_async_workflow_config() = *queue;
  else
    row.mutable_domain()->clear_async_workflow_config();
  row.set_config_version(row.config_version() + 1);
  row.set_last_updated_ns(world.now_ns);
  return row;
}

record::v1::DomainRow make_system_domain(const system_domain& which, const domain_world& world) {
  record::v1::DomainRow row;
  row.set_format(1);
  row.set_failover_version(local_version);
  row.set_previous_failover_version(local_version);
  row.set_last_updated_ns(world.now_ns);
  row.set_emit_metric(true);
  auto& d = *row.mutable_domain();
  d.set_id(which.id);
  d.set_name(which.name);
  d.set_status(api::DOMAIN_STATUS_REGISTERED);
  d.set_description("Cadence internal system domain");
  d.mutable_workflow_execution_retention_period()->set_seconds(system_retention_s);
  d.mutable_bad_binaries();
  d.set_history_archival_status(api::ARCHIVAL_STATUS_DISABLED);
  d.set_visibility_archival_status(api::ARCHIVAL_STATUS_DISABLED);
  d.set_active_cluster_name(world.current_cluster);
  d.add_clusters()->set_cluster_name(world.current_cluster);
  d.set_failover_version(local_version);
  return row;
}

} // namespace cadenza::actors
