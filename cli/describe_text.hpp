#pragma once

#include "cli/json_text.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

namespace cadenza::cli {

/// A description with readable times and decoded memo, search attributes and heartbeats. The keys are those that
/// scripts around this protocol's tools expect.
[[nodiscard]] json describe_json(const uber::cadence::api::v1::DescribeWorkflowExecutionResponse& response);

[[nodiscard]] json pending_activity_json(const uber::cadence::api::v1::PendingActivityInfo& activity);

} // namespace cadenza::cli
