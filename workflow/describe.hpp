#pragma once

#include "workflow/environment.hpp"
#include "workflow/run.hpp"

#include "cadenza/record/v1/task.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <cstdint>
#include <functional>
#include <string_view>

namespace cadenza::workflow {

/// DescribeWorkflowExecution, from the state alone.
[[nodiscard]] api::DescribeWorkflowExecutionResponse describe(const run& r, const domain_directory& domains);

/// What the visibility store keeps of the run as it is now.
[[nodiscard]] rec::VisibilityRecord visibility_record(const run& r, const environment& env);

/// What a visibility record says that is not in the rows of its run.
struct record_origin {
  std::string_view domain; ///< name of the run's domain
  int clusters = 0;        ///< how many the domain lives in
  std::int64_t update_ns = 0;
  std::int32_t shard = 0;
};

/// The same from a run's header and fixed row, for whoever has no more of it. `origin` is only looked at.
[[nodiscard]] rec::VisibilityRecord visibility_record(const rec::Run& head, const rec::RunFixed& fixed,
                                                      const record_origin& origin);

} // namespace cadenza::workflow
