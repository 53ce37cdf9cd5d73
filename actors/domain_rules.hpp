#pragma once

#include "messages/outcome.hpp"
#include "workflow/domain_view.hpp"

#include "uber/cadence/api/v1/service_domain.pb.h"

#include <string>

namespace cadenza::actors {

/// Limits of domains, as configured.
struct domain_limits {
  int min_retention_days = 1;
  int max_retention_days = 30;
  int max_bad_binaries = 10;
};

/// What the rules of domains may know.
struct domain_world {
  std::int64_t now_ns = 0;
  std::string current_cluster;
  std::string primary_cluster;               ///< global domains are registered and changed in this one only
  std::int64_t initial_failover_version = 0; ///< of the current cluster
  domain_limits limits;
};

/// The new row of a domain after a request, or why not (semantics.md §20). Pure; `old` is the row as it is.
[[nodiscard]] outcome<record::v1::DomainRow> register_domain(const uber::cadence::api::v1::RegisterDomainRequest& request,
                                                             const uuid& id, const domain_world& world);
[[nodiscard]] outcome<record::v1::DomainRow> update_domain(const record::v1::DomainRow& old,
                                                           const uber::cadence::api::v1::UpdateDomainRequest& request,
                                                           const domain_world& world);
[[nodiscard]] outcome<record::v1::DomainRow> deprecate_domain(const record::v1::DomainRow& old,
                                                              const domain_world& world);

} // namespace cadenza::actors
