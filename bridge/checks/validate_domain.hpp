#pragma once

#include "bridge/checks/checks.hpp"

#include "uber/cadence/api/v1/service_domain.pb.h"

namespace cadenza::bridge {

/// Validation of DomainAPI: what can be said without changing the domain table. Whether names are taken, clusters exist
/// and archival is configured is for the domain registry.
[[nodiscard]] outcome<void> check(const checks&, const uber::cadence::api::v1::RegisterDomainRequest&);
[[nodiscard]] outcome<void> check(const checks&, const uber::cadence::api::v1::DescribeDomainRequest&);
[[nodiscard]] outcome<void> check(const checks&, const uber::cadence::api::v1::UpdateDomainRequest&);
[[nodiscard]] outcome<void> check(const checks&, const uber::cadence::api::v1::DeprecateDomainRequest&);
[[nodiscard]] outcome<void> check(const checks&, const uber::cadence::api::v1::DeleteDomainRequest&);
[[nodiscard]] outcome<void> check(const checks&, const uber::cadence::api::v1::FailoverDomainRequest&);
[[nodiscard]] outcome<void> check(const checks&, const uber::cadence::api::v1::ListFailoverHistoryRequest&);

} // namespace cadenza::bridge
