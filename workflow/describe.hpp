#pragma once

#include "workflow/environment.hpp"
#include "workflow/run.hpp"

#include "cadenza/record/v1/task.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <functional>

namespace cadenza::workflow {

/// DescribeWorkflowExecution, from the state alone.
[[nodiscard]] api::DescribeWorkflowExecutionResponse describe(const run& r, const domain_directory& domains);

/// What the visibility store keeps of the run as it is now.
[[nodiscard]] rec::VisibilityRecord visibility_record(const run& r, const environment& env);

} // namespace cadenza::workflow
