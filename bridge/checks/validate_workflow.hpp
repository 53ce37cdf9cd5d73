#pragma once

#include "bridge/checks/checks.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

namespace cadenza::bridge {

/// Validation of WorkflowAPI. Each gives the request's domain or the first thing that is wrong, in the order that
/// clients of the reference system know; some fill defaults into the request.
using checked_domain = outcome<workflow::domain_ptr>;

[[nodiscard]] checked_domain check(const checks&, const uber::cadence::api::v1::StartWorkflowExecutionRequest&);
[[nodiscard]] checked_domain check(const checks&,
                                   const uber::cadence::api::v1::SignalWithStartWorkflowExecutionRequest&);
/// Also refuses when the domain has no queue for asynchronous requests.
[[nodiscard]] checked_domain check(const checks&, const uber::cadence::api::v1::StartWorkflowExecutionAsyncRequest&);
[[nodiscard]] checked_domain check(const checks&,
                                   const uber::cadence::api::v1::SignalWithStartWorkflowExecutionAsyncRequest&);
[[nodiscard]] checked_domain check(const checks&, const uber::cadence::api::v1::SignalWorkflowExecutionRequest&);
[[nodiscard]] checked_domain check(const checks&, const uber::cadence::api::v1::RequestCancelWorkflowExecutionRequest&);
[[nodiscard]] checked_domain check(const checks&, const uber::cadence::api::v1::TerminateWorkflowExecutionRequest&);
[[nodiscard]] checked_domain check(const checks&, const uber::cadence::api::v1::ResetWorkflowExecutionRequest&);
[[nodiscard]] checked_domain check(const checks&, const uber::cadence::api::v1::RestartWorkflowExecutionRequest&);
[[nodiscard]] checked_domain check(const checks&, const uber::cadence::api::v1::DescribeWorkflowExecutionRequest&);
[[nodiscard]] checked_domain check(const checks&, const uber::cadence::api::v1::RefreshWorkflowTasksRequest&);
[[nodiscard]] checked_domain check(const checks&, const uber::cadence::api::v1::QueryWorkflowRequest&);
/// Unlike elsewhere the run must be named.
[[nodiscard]] checked_domain check(const checks&, const uber::cadence::api::v1::DiagnoseWorkflowExecutionRequest&);
/// Sets the page size.
[[nodiscard]] checked_domain check(const checks&, uber::cadence::api::v1::GetWorkflowExecutionHistoryRequest&);
[[nodiscard]] checked_domain check(const checks&, const uber::cadence::api::v1::DescribeTaskListRequest&);
[[nodiscard]] checked_domain check(const checks&, const uber::cadence::api::v1::ListTaskListPartitionsRequest&);
[[nodiscard]] checked_domain check(const checks&, const uber::cadence::api::v1::GetTaskListsByDomainRequest&);

} // namespace cadenza::bridge
