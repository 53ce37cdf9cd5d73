#pragma once

#include "replication/clusters.hpp"
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

/// The row after the domain has failed over to `target` as a whole: at once, or gracefully, when it is active nowhere
/// until `pending_until_ns` (unix) at most. A forced one ends a graceful one that is under way. The version is the
/// row's own when the domain is there already. bad_request: the domain does not live in `target`, or a graceful one was
/// asked for elsewhere than in `target`, or while another one is under way.
[[nodiscard]] outcome<record::v1::DomainRow> fail_over(const record::v1::DomainRow& row, const std::string& target,
                                                       std::optional<std::int64_t> pending_until_ns,
                                                       const cluster_group& group);

/// The row after attributes have failed over to the clusters that `wanted` names for them; new attributes begin with
/// their clusters' first versions. The domain's own version grows with them, so that whoever watches it takes notice.
/// bad_request: a cluster is unknown, or the domain does not live in it.
[[nodiscard]] outcome<record::v1::DomainRow>
fail_over_attributes(const record::v1::DomainRow& row, const api::ActiveClusters& wanted, const cluster_group& group);

/// What this cluster has of a domain when another one has told of it: settings by the higher configuration version,
/// where it is active by the higher fail-over version, each attribute by its own. Whatever comes in whatever order and
/// however often, all clusters end with the same. A graceful fail-over is its target's own affair and is not told.
[[nodiscard]] record::v1::DomainRow merge(const record::v1::DomainRow& own, const record::v1::DomainRow& told);

} // namespace cadenza::replication
