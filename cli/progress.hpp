#pragma once

#include "cli/command.hpp"

namespace cadenza::cli {

/// Shows a run's events as they happen, by long poll, until it closes; then its result. On a terminal the time passed
/// is shown while nothing happens. With JSON output only the result is printed, as one document.
[[nodiscard]] status follow_run(invocation& call, const std::string& workflow_id, const std::string& run_id);

} // namespace cadenza::cli
