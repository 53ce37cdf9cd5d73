#pragma once

#include "messages/outcome.hpp"
#include "workflow/domain_versions.hpp"
#include "workflow/domain_view.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/service_domain.pb.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza::actors {

/// Limits of domains, as configured.
struct domain_limits {
  int min_retention_days = 1;
  int max_retention_days = 30;
  int max_bad_binaries = 10;
  std::int64_t cool_down_ns = 60'000'000'000; ///< frontend.failoverCoolDown: between updates of a global domain
  int failover_history_max = 5;               ///< failovers remembered in the domain's data

  bool operator==(const domain_limits&) const = default;
};

/// What the rules of domains may know.
struct domain_world {
  std::int64_t now_ns = 0;
  std::string current_cluster;
  std::string primary_cluster;               ///< global domains are registered and changed in this one only
  std::int64_t initial_failover_version = 0; ///< of the current cluster
  std::int64_t notification_version = 0;     ///< that the change will carry
  domain_limits limits;
  std::vector<std::string> clusters; ///< of the group, this one among them; none: this one is alone
  /// How their versions follow one another. Absent: this one is alone, and where domains are active never changes.
  std::optional<workflow::version_rule> versions;

  [[nodiscard]] bool knows(const std::string& cluster) const;
  /// The version of the cluster that a domain begins with. The cluster must be known.
  [[nodiscard]] std::int64_t first_version(const std::string& cluster) const;
};

/// service_busy when the last change of the domain is too young.
[[nodiscard]] outcome<void> check_cool_down(const record::v1::DomainRow& row, const domain_world& world);

/// The new row of a domain after a request, or why not. Pure; `old` is the row as it is.
[[nodiscard]] outcome<record::v1::DomainRow>
register_domain(const uber::cadence::api::v1::RegisterDomainRequest& request, const uuid& id,
                const domain_world& world);
[[nodiscard]] outcome<record::v1::DomainRow> update_domain(const record::v1::DomainRow& old,
                                                           const uber::cadence::api::v1::UpdateDomainRequest& request,
                                                           const domain_world& world);
[[nodiscard]] outcome<record::v1::DomainRow> deprecate_domain(const record::v1::DomainRow& old,
                                                              const domain_world& world);
/// Global domains only. A fail-over to where the domain is active already is allowed, leaves the version as it is, and
/// is remembered. Clusters by attribute may be added to those that a domain has, and fail over each by itself.
[[nodiscard]] outcome<record::v1::DomainRow>
fail_over_domain(const record::v1::DomainRow& old, const uber::cadence::api::v1::FailoverDomainRequest& request,
                 const domain_world& world);
/// The same as a part of an update, which may also give a domain its first clusters by attribute.
[[nodiscard]] outcome<record::v1::DomainRow>
fail_over_by_update(const record::v1::DomainRow& old, const uber::cadence::api::v1::UpdateDomainRequest& request,
                    const domain_world& world);
/// Adds to a domain the clusters of attributes it does not know yet. False: it knew them all. Every cluster must be
/// known; versions begin with its first one.
bool merge_active_clusters(uber::cadence::api::v1::Domain& d, const uber::cadence::api::v1::ActiveClusters& wanted,
                           const domain_world& world);
/// bad_request for clusters by region, which were given up for attributes.
[[nodiscard]] outcome<void> check_no_regions(const uber::cadence::api::v1::ActiveClusters& wanted);
/// bad_request: a cluster is unknown, or the domain does not live in it.
[[nodiscard]] outcome<void> check_attributes(const uber::cadence::api::v1::Domain& d,
                                             const uber::cadence::api::v1::ActiveClusters& wanted,
                                             const domain_world& world);
/// Replaces the states of a domain's isolation groups.
[[nodiscard]] outcome<record::v1::DomainRow>
set_isolation_groups(const record::v1::DomainRow& old,
                     const uber::cadence::api::v1::IsolationGroupConfiguration& groups, const domain_world& world);
/// Replaces a domain's queue of asynchronous requests; null takes it away.
[[nodiscard]] outcome<record::v1::DomainRow>
set_async_workflow(const record::v1::DomainRow& old, const uber::cadence::api::v1::AsyncWorkflowConfiguration* queue,
                   const domain_world& world);

/// Key of the domain's data with its last failovers: a JSON list, newest first.
inline constexpr std::string_view failover_history_key = "FailoverHistory";
/// What two clusters remember of a domain's failovers, as one memory: whatever is merged in whatever order, all end
/// with the same. Empty texts, and broken ones, remember nothing.
[[nodiscard]] std::string merge_failover_histories(const std::string& one, const std::string& other);
/// The failovers that a domain's data remember, newest first. bad_request for a page token that this did not give.
[[nodiscard]] outcome<uber::cadence::api::v1::ListFailoverHistoryResponse>
list_failovers(const record::v1::DomainRow& row, const uber::cadence::api::v1::ListFailoverHistoryRequest& request);

/// The domains that the server itself uses: with fixed ids, local, kept for seven days. Made at the first start.
struct system_domain {
  const char* name;
  const char* id;
};
inline constexpr system_domain system_domains[] = {{"cadence-system", "32049b68-7872-4094-8e63-d0dd59896a83"},
                                                   {"cadence-batcher", "3116607e-419b-4783-85fc-47726a4c3fe9"}};
[[nodiscard]] record::v1::DomainRow make_system_domain(const system_domain& which, const domain_world& world);

} // namespace cadenza::actors
