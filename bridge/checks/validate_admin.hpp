#pragma once

#include "bridge/checks/checks.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"

namespace cadenza::bridge {

/// Validation of AdminAPI.
[[nodiscard]] outcome<workflow::domain_ptr> check(const checks&,
                                                  const uber::cadence::admin::v1::DescribeWorkflowExecutionRequest&);
[[nodiscard]] outcome<workflow::domain_ptr>
check(const checks&, const uber::cadence::admin::v1::UpdateTaskListPartitionConfigRequest&);
[[nodiscard]] outcome<workflow::domain_ptr> check(const checks&,
                                                  const uber::cadence::admin::v1::RefreshWorkflowTasksRequest&);
[[nodiscard]] outcome<void> check(const checks&, const uber::cadence::admin::v1::DescribeHistoryHostRequest&);
[[nodiscard]] outcome<void> check(const checks&, const uber::cadence::admin::v1::UpdateGlobalIsolationGroupsRequest&);
[[nodiscard]] outcome<void> check(const checks&, const uber::cadence::admin::v1::UpdateDomainIsolationGroupsRequest&);
[[nodiscard]] outcome<void> check(const checks&,
                                  const uber::cadence::admin::v1::UpdateDomainAsyncWorkflowConfiguratonRequest&);
[[nodiscard]] outcome<void> check(const checks&, const uber::cadence::admin::v1::AddSearchAttributeRequest&);
[[nodiscard]] outcome<workflow::domain_ptr> check(const checks&,
                                                  const uber::cadence::admin::v1::DeleteWorkflowRequest&);
[[nodiscard]] outcome<workflow::domain_ptr> check(const checks&,
                                                  const uber::cadence::admin::v1::MaintainCorruptWorkflowRequest&);
[[nodiscard]] outcome<workflow::domain_ptr>
check(const checks&, const uber::cadence::admin::v1::GetWorkflowExecutionRawHistoryV2Request&);
[[nodiscard]] outcome<void> check(const checks&, const uber::cadence::admin::v1::RemoveTaskRequest&);
[[nodiscard]] outcome<void> check(const checks&, const uber::cadence::admin::v1::ResetQueueRequest&);
[[nodiscard]] outcome<void> check(const checks&, const uber::cadence::admin::v1::DescribeQueueRequest&);

} // namespace cadenza::bridge
