#pragma once

#include "cli/json_text.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <map>
#include <string>

namespace cadenza::cli {

/// Task lists of activities, which descriptions do not name, by activity id.
using activity_lists = std::map<std::string, std::string, std::less<>>;

/// "" when it is not known.
[[nodiscard]] std::string list_of(const activity_lists& lists,
                                  const uber::cadence::api::v1::PendingActivityInfo& activity);

/// A description with readable times and decoded memo, search attributes and heartbeats. The keys are those that
/// scripts around this protocol's tools expect.
[[nodiscard]] json describe_json(const uber::cadence::api::v1::DescribeWorkflowExecutionResponse& response,
                                 const activity_lists& lists = {});

[[nodiscard]] json pending_activity_json(const uber::cadence::api::v1::PendingActivityInfo& activity,
                                         const std::string& task_list = {});

} // namespace cadenza::cli
