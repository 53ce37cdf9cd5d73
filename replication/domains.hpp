#pragma once

#include "replication/clusters.hpp"
#include "workflow/domain_versions.hpp"
#include "workflow/domain_view.hpp"

#include "cadenza/record/v1/domain.pb.h"
#include "uber/cadence/api/v1/common.pb.h"
#include "uber/cadence/api/v1/domain.pb.h"

#include <cstdint>
#include <optional>
#include <string>

/// Where a domain is active, as the clusters of a group change it and tell each other. Nothing here writes: rows are
/// given and returned.
namespace cadenza::replication {

namespace api = uber::cadence::api::v1;

/// The version of the next event of a run with this policy: that of the attribute the policy names, else the domain's.
/// bad_request: the domain has no such attribute.
[[nodiscard]] outcome<std::int64_t> version_for(const workflow::domain_view& domain,
                                                const api::ActiveClusterSelectionPolicy& policy);

/// The group's versions, for the rules of domains. The group must outlive it.
[[nodiscard]] workflow::version_rule versions_of(const cluster_group& group);

/// workflow::fail_over and workflow::fail_over_attributes in a group.
[[nodiscard]] outcome<record::v1::DomainRow> fail_over(const record::v1::DomainRow& row, const std::string& target,
                                                       std::optional<std::int64_t> pending_until_ns,
                                                       const cluster_group& group);
[[nodiscard]] outcome<record::v1::DomainRow>
fail_over_attributes(const record::v1::DomainRow& row, const api::ActiveClusters& wanted, const cluster_group& group);

/// Whether what another cluster tells of a domain changes anything here.
[[nodiscard]] bool tells_news(const record::v1::DomainRow& own, const record::v1::DomainRow& told);

/// A graceful fail-over away from this cluster is not over: `previous_failover_version` is this cluster's.
[[nodiscard]] bool leaves(const record::v1::DomainRow& row, const cluster_group& group);
/// The cluster that gave the domain away gracefully tells that nothing more comes of the version before: `told` is its
/// row, and `own` waits for that.
[[nodiscard]] bool hands_over(const record::v1::DomainRow& own, const record::v1::DomainRow& told,
                              const std::string& told_by, const cluster_group& group);
/// The row of a domain whose graceful fail-over is over, at either end.
[[nodiscard]] record::v1::DomainRow settled(const record::v1::DomainRow& row);

/// What this cluster has of a domain when another one has told of it: settings by the higher configuration version,
/// where it is active by the higher fail-over version, each attribute by its own, and what is remembered of fail-overs
/// of both. Whatever comes in whatever order and however often, all clusters end with the same. A graceful fail-over is
/// its target's own affair and is not told.
[[nodiscard]] record::v1::DomainRow merge(const record::v1::DomainRow& own, const record::v1::DomainRow& told);

} // namespace cadenza::replication
