#pragma once

#include "cli/invocation.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cadenza::cli {

/// Which run to reset and before which event.
struct reset_point {
  std::string run_id;
  std::int64_t event_id = 0;
};

/// The flags that choose a point (but for --event_id, which names it), the reason, and how to reset.
[[nodiscard]] std::vector<flag> reset_flags();

/// What is wrong with the values of these flags, if anything is.
[[nodiscard]] status check_reset_flags(const invocation& call);

/// The point that --reset_type names in this run. Any thread.
[[nodiscard]] outcome<reset_point> find_reset_point(invocation& call, const std::string& workflow_id,
                                                    const std::string& run_id);

/// Resets; the answer names the new run. Any thread.
[[nodiscard]] outcome<uber::cadence::api::v1::ResetWorkflowExecutionResponse>
reset_run(invocation& call, const std::string& workflow_id, const reset_point& point);

/// What the server tells of a run; of the current one without a run id. Any thread.
[[nodiscard]] outcome<uber::cadence::api::v1::DescribeWorkflowExecutionResponse>
describe_run(invocation& call, const std::string& workflow_id, const std::string& run_id);

} // namespace cadenza::cli
