#include "replication/domains.hpp"

#include "messages/constants.hpp"
#include "workflow/domain_rules.hpp"

namespace cadenza::replication {
namespace {

using workflow::find_attribute;
using workflow::for_each_attribute;

/// What is remembered of fail-overs lies in the data, which are settings; it is merged by itself.
std::string history_in(const api::Domain& domain) {
  const auto at = domain.data().find(std::string(actors::failover_history_key));
  return at == domain.data().end() ? std::string() : at->second;
}

std::string merged_history(const record::v1::DomainRow& own, const record::v1::DomainRow& told) {
  if (history_in(told.domain()).empty() || history_in(told.domain()) == history_in(own.domain()))
    return history_in(own.domain());
  return actors::merge_failover_histories(history_in(own.domain()), history_in(told.domain()));
}

} // namespace

outcome<std::int64_t> version_for(const workflow::domain_view& domain,
                                  const api::ActiveClusterSelectionPolicy& policy) {
  const auto& attribute = policy.cluster_attribute();
  if (attribute.scope().empty() && attribute.name().empty())
    return domain.version();
  if (const auto* found = find_attribute(domain.row.domain().active_clusters(), attribute.scope(), attribute.name()))
    return found->failover_version();
  return bad_request("Domain " + domain.name + " has no cluster attribute " + attribute.name() + " of scope " +
                     attribute.scope() + ".");
}

workflow::version_rule versions_of(const cluster_group& group) {
  return {group.self(), [&group](const std::string& cluster, std::int64_t now) { return group.next(cluster, now); }};
}

outcome<record::v1::DomainRow> fail_over(const record::v1::DomainRow& row, const std::string& target,
                                         std::optional<std::int64_t> pending_until_ns, const cluster_group& group) {
  return workflow::fail_over(row, target, pending_until_ns, versions_of(group));
}

outcome<record::v1::DomainRow> fail_over_attributes(const record::v1::DomainRow& row, const api::ActiveClusters& wanted,
                                                    const cluster_group& group) {
  return workflow::fail_over_attributes(row, wanted, versions_of(group));
}

bool tells_news(const record::v1::DomainRow& own, const record::v1::DomainRow& told) {
  if (told.config_version() > own.config_version() || told.failover_version() > own.failover_version())
    return true;
  bool out = merged_history(own, told) != history_in(own.domain());
  for_each_attribute(told.domain().active_clusters(), [&](const auto& scope, const auto& name, const auto& info) {
    const auto* mine = find_attribute(own.domain().active_clusters(), scope, name);
    out = out || mine == nullptr || mine->failover_version() < info.failover_version();
  });
  return out;
}

bool leaves(const record::v1::DomainRow& row, const cluster_group& group) {
  const auto before = row.previous_failover_version();
  return before >= 0 && group.mine(before) && !group.mine(row.failover_version());
}

bool hands_over(const record::v1::DomainRow& own, const record::v1::DomainRow& told, const std::string& told_by,
                const cluster_group& group) {
  if (own.failover_end_ns() <= 0 || own.previous_failover_version() < 0 ||
      told.failover_version() != own.failover_version() || told.previous_failover_version() >= 0)
    return false;
  const auto before = group.cluster_of(own.previous_failover_version());
  return before && *before == told_by;
}

record::v1::DomainRow settled(const record::v1::DomainRow& row) {
  auto out = row;
  out.set_previous_failover_version(local_version);
  out.set_failover_end_ns(0);
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
  const std::string key(actors::failover_history_key);
  if (const auto history = merged_history(own, told); !history.empty())
    (*domain.mutable_data())[key] = history;
  else
    domain.mutable_data()->erase(key);
  for_each_attribute(told.domain().active_clusters(),
                     [&](const std::string& scope, const std::string& name, const auto& info) {
                       const auto* mine = find_attribute(own.domain().active_clusters(), scope, name);
                       if (mine == nullptr || mine->failover_version() < info.failover_version())
                         workflow::edit_attribute(domain, scope, name) = info;
                     });
  return out;
}

} // namespace cadenza::replication
