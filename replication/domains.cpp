#include "replication/domains.hpp"

#include "messages/constants.hpp"

#include <algorithm>

namespace cadenza::replication {
namespace {

const api::ActiveClusterInfo* find(const api::ActiveClusters& clusters, const std::string& scope,
                                   const std::string& name) {
  const auto& scopes = clusters.active_clusters_by_cluster_attribute();
  const auto in = scopes.find(scope);
  if (in == scopes.end())
    return nullptr;
  const auto at = in->second.cluster_attributes().find(name);
  return at == in->second.cluster_attributes().end() ? nullptr : &at->second;
}

api::ActiveClusterInfo& edit(api::Domain& domain, const std::string& scope, const std::string& name) {
  auto& attributes = (*domain.mutable_active_clusters()->mutable_active_clusters_by_cluster_attribute())[scope];
  return (*attributes.mutable_cluster_attributes())[name];
}

template <class Each> void for_each_attribute(const api::ActiveClusters& clusters, Each&& each) {
  for (const auto& [scope, attributes] : clusters.active_clusters_by_cluster_attribute())
    for (const auto& [name, info] : attributes.cluster_attributes())
      each(scope, name, info);
}

outcome<void> check_lives_in(const api::Domain& domain, const std::string& cluster) {
  const auto& clusters = domain.clusters();
  const bool there =
      std::any_of(clusters.begin(), clusters.end(), [&](const auto& each) { return each.cluster_name() == cluster; });
  if (!there)
    return bad_request("Domain " + domain.name() + " does not live in cluster " + cluster + ".");
  return {};
}

} // namespace

outcome<std::int64_t> version_for(const workflow::domain_view& domain,
                                  const api::ActiveClusterSelectionPolicy& policy) {
  const auto& attribute = policy.cluster_attribute();
  if (attribute.scope().empty() && attribute.name().empty())
    return domain.version();
  if (const auto* found = find(domain.row.domain().active_clusters(), attribute.scope(), attribute.name()))
    return found->failover_version();
  return bad_request("Domain " + domain.name + " has no cluster attribute " + attribute.name() + " of scope " +
                     attribute.scope() + ".");
}

outcome<record::v1::DomainRow> fail_over(const record::v1::DomainRow& row, const std::string& target,
                                         std::optional<std::int64_t> pending_until_ns, const cluster_group& group) {
  CADENZA_TRY(check_lives_in(row.domain(), target));
  if (pending_until_ns && target != group.self())
    return bad_request("A graceful fail-over is asked for in the cluster where the domain is to be active: " + target);
  if (pending_until_ns && row.failover_end_ns() > 0)
    return bad_request("A graceful fail-over of domain " + row.domain().name() + " is under way.");
  const auto next = group.next(target, row.failover_version());
  if (!next)
    return next.error();
  auto out = row;
  out.mutable_domain()->set_active_cluster_name(target);
  out.set_failover_end_ns(0);
  if (*next == row.failover_version())
    return out;
  out.set_failover_version(*next);
  out.set_previous_failover_version(pending_until_ns ? row.failover_version() : local_version);
  out.set_failover_end_ns(pending_until_ns.value_or(0));
  return out;
}

outcome<record::v1::DomainRow> fail_over_attributes(const record::v1::DomainRow& row, const api::ActiveClusters& wanted,
                                                    const cluster_group& group) {
  auto out = row;
  outcome<void> possible;
  for_each_attribute(wanted, [&](const std::string& scope, const std::string& name, const auto& info) {
    if (!possible)
      return;
    const auto& target = info.active_cluster_name();
    possible = check_lives_in(row.domain(), target);
    if (!possible)
      return;
    const auto* before = find(row.domain().active_clusters(), scope, name);
    const auto next = group.next(target, before == nullptr ? 0 : before->failover_version());
    if (!next) {
      possible = next.error();
      return;
    }
    auto& now = edit(*out.mutable_domain(), scope, name);
    now.set_active_cluster_name(target);
    now.set_failover_version(*next);
  });
  if (!possible)
    return possible.error();
  const auto next = group.next(row.domain().active_cluster_name(), row.failover_version() + 1);
  if (!next)
    return next.error();
  out.set_failover_version(*next);
  out.set_config_version(row.config_version() + 1);
  return out;
}

record::v1::DomainRow merge(const record::v1::DomainRow& own, const record::v1::DomainRow& told) {
  auto out = own;
  auto& domain = *out.mutable_domain();
  if (told.config_version() > own.config_version()) {
    domain = told.domain();
    out.set_config_version(told.config_version());
    // Where it is active follows another version.
    domain.set_active_cluster_name(own.domain().active_cluster_name());
    *domain.mutable_active_clusters() = own.domain().active_clusters();
    if (!own.domain().has_active_clusters())
      domain.clear_active_clusters();
  }
  if (told.failover_version() > own.failover_version()) {
    domain.set_active_cluster_name(told.domain().active_cluster_name());
    out.set_failover_version(told.failover_version());
    out.set_previous_failover_version(told.previous_failover_version());
    out.set_failover_notification_version(own.notification_version());
    out.set_failover_end_ns(0);
  }
  for_each_attribute(told.domain().active_clusters(),
                     [&](const std::string& scope, const std::string& name, const auto& info) {
                       const auto* mine = find(own.domain().active_clusters(), scope, name);
                       if (mine == nullptr || mine->failover_version() < info.failover_version())
                         edit(domain, scope, name) = info;
                     });
  return out;
}

} // namespace cadenza::replication
