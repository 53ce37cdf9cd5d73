#include "workflow/domain_versions.hpp"

#include "messages/constants.hpp"

#include <algorithm>

namespace cadenza::workflow {

namespace api = uber::cadence::api::v1;

namespace {

outcome<void> check_lives_in(const api::Domain& domain, const std::string& cluster) {
  if (!lives_in(domain, cluster))
    return bad_request("Domain " + domain.name() + " does not live in cluster " + cluster + ".");
  return {};
}

} // namespace

const api::ActiveClusterInfo* find_attribute(const api::ActiveClusters& clusters, const std::string& scope,
                                             const std::string& name) {
  const auto& scopes = clusters.active_clusters_by_cluster_attribute();
  const auto in = scopes.find(scope);
  if (in == scopes.end())
    return nullptr;
  const auto at = in->second.cluster_attributes().find(name);
  return at == in->second.cluster_attributes().end() ? nullptr : &at->second;
}

api::ActiveClusterInfo& edit_attribute(api::Domain& domain, const std::string& scope, const std::string& name) {
  auto& attributes = (*domain.mutable_active_clusters()->mutable_active_clusters_by_cluster_attribute())[scope];
  return (*attributes.mutable_cluster_attributes())[name];
}

bool lives_in(const api::Domain& domain, const std::string& cluster) {
  const auto& clusters = domain.clusters();
  return std::any_of(clusters.begin(), clusters.end(),
                     [&](const auto& each) { return each.cluster_name() == cluster; });
}

outcome<record::v1::DomainRow> fail_over(const record::v1::DomainRow& row, const std::string& target,
                                         std::optional<std::int64_t> pending_until_ns, const version_rule& versions) {
  CADENZA_TRY(check_lives_in(row.domain(), target));
  if (pending_until_ns && target != versions.self)
    return bad_request("A graceful fail-over is asked for in the cluster where the domain is to be active: " + target);
  if (pending_until_ns && row.failover_end_ns() > 0)
    return bad_request("A graceful fail-over of domain " + row.domain().name() + " is under way.");
  const auto next = versions.next(target, row.failover_version());
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
                                                    const version_rule& versions) {
  auto out = row;
  outcome<void> possible;
  for_each_attribute(wanted, [&](const std::string& scope, const std::string& name, const auto& info) {
    if (!possible)
      return;
    const auto& target = info.active_cluster_name();
    possible = check_lives_in(row.domain(), target);
    if (!possible)
      return;
    const auto* before = find_attribute(row.domain().active_clusters(), scope, name);
    const auto next = versions.next(target, before == nullptr ? 0 : before->failover_version());
    if (!next) {
      possible = next.error();
      return;
    }
    auto& now = edit_attribute(*out.mutable_domain(), scope, name);
    now.set_active_cluster_name(target);
    now.set_failover_version(*next);
  });
  if (!possible)
    return possible.error();
  const auto next = versions.next(row.domain().active_cluster_name(), row.failover_version() + 1);
  if (!next)
    return next.error();
  // Not the version of its settings: two clusters that did this would then take each other's settings for known.
  out.set_failover_version(*next);
  return out;
}

} // namespace cadenza::workflow
