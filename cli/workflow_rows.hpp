#pragma once

#include "cli/output.hpp"

#include "uber/cadence/api/v1/workflow.pb.h"

namespace cadenza::cli {

/// Runs as rows of a list, with the columns that the print flags of `call` ask for.
[[nodiscard]] row_set workflow_rows(const invocation& call,
                                    const std::vector<uber::cadence::api::v1::WorkflowExecutionInfo>& runs);

/// The same as people read them on a terminal: what tells runs apart, how they stand, and for how long they ran.
[[nodiscard]] row_set short_workflow_rows(const invocation& call,
                                          const std::vector<uber::cadence::api::v1::WorkflowExecutionInfo>& runs);

/// `text` cut in front to `length_max` characters, at a '/' where that helps: ".../Type".
[[nodiscard]] std::string cut_in_front(const std::string& text, std::size_t length_max);

} // namespace cadenza::cli
