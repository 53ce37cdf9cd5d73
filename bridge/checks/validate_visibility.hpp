#pragma once

#include "bridge/checks/checks.hpp"

#include "uber/cadence/api/v1/service_visibility.pb.h"

namespace cadenza::bridge {

/// Validation of VisibilityAPI. Fills in the page size, and puts queries into the form the store wants.
[[nodiscard]] outcome<workflow::domain_ptr> check(const checks&,
                                                  uber::cadence::api::v1::ListOpenWorkflowExecutionsRequest&);
[[nodiscard]] outcome<workflow::domain_ptr> check(const checks&,
                                                  uber::cadence::api::v1::ListClosedWorkflowExecutionsRequest&);
[[nodiscard]] outcome<workflow::domain_ptr> check(const checks&,
                                                  uber::cadence::api::v1::ListWorkflowExecutionsRequest&);
[[nodiscard]] outcome<workflow::domain_ptr> check(const checks&,
                                                  uber::cadence::api::v1::ScanWorkflowExecutionsRequest&);
[[nodiscard]] outcome<workflow::domain_ptr> check(const checks&,
                                                  uber::cadence::api::v1::CountWorkflowExecutionsRequest&);
/// Never succeeds: nothing is archived here.
[[nodiscard]] outcome<void> check(const checks&, const uber::cadence::api::v1::ListArchivedWorkflowExecutionsRequest&);

} // namespace cadenza::bridge
