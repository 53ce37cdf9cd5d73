#pragma once

#include "messages/outcome.hpp"

#include "cadenza/record/v1/domain.pb.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

/// Where a domain of several clusters is active, and the versions that tell it. Pure: rows are given and returned.
namespace cadenza::workflow {

/// How the versions of a group of clusters follow one another.
struct version_rule {
  std::string self; ///< this cluster
  /// The smallest version of a cluster of the group that is not below `now`. bad_request: no such cluster.
  std::function<outcome<std::int64_t>(const std::string& cluster, std::int64_t now)> next;
};

/// Null: the domain does not know that attribute.
[[nodiscard]] const uber::cadence::api::v1::ActiveClusterInfo*
find_attribute(const uber::cadence::api::v1::ActiveClusters& clusters, const std::string& scope,
               const std::string& name);
/// Calls `each(scope, name, info)` for every attribute, in no order.
template <class Each> void for_each_attribute(const uber::cadence::api::v1::ActiveClusters& clusters, Each&& each) {
  for (const auto& [scope, attributes] : clusters.active_clusters_by_cluster_attribute())
    for (const auto& [name, info] : attributes.cluster_attributes())
      each(scope, name, info);
}
/// The attribute of that name, made when there is none.
[[nodiscard]] uber::cadence::api::v1::ActiveClusterInfo&
edit_attribute(uber::cadence::api::v1::Domain& domain, const std::string& scope, const std::string& name);
[[nodiscard]] bool lives_in(const uber::cadence::api::v1::Domain& domain, const std::string& cluster);

/// The row after the domain has failed over to `target` as a whole: at once, or gracefully, when it is active nowhere
/// until `pending_until_ns` (unix) at most. A forced one ends a graceful one that is under way. The version is the
/// row's own when the domain is there already. bad_request: the domain does not live in `target`, or a graceful one was
/// asked for elsewhere than in `target`, or while another one is under way.
[[nodiscard]] outcome<record::v1::DomainRow> fail_over(const record::v1::DomainRow& row, const std::string& target,
                                                       std::optional<std::int64_t> pending_until_ns,
                                                       const version_rule& versions);

/// The row after attributes have failed over to the clusters that `wanted` names for them; new attributes begin with
/// their clusters' first versions. The domain's own version grows with them, so that whoever watches it takes notice.
/// bad_request: a cluster is unknown, or the domain does not live in it.
[[nodiscard]] outcome<record::v1::DomainRow> fail_over_attributes(const record::v1::DomainRow& row,
                                                                  const uber::cadence::api::v1::ActiveClusters& wanted,
                                                                  const version_rule& versions);

} // namespace cadenza::workflow
