#pragma once

#include "cli/invocation.hpp"
#include "findings/conclusion.hpp"

namespace cadenza::cli {

/// What keeps a run from going on, worst first: from its history, what is pending, who polls its task lists, what waits
/// in them, and the state of its domain. Asks the server several times; what it does not tell is left out.
[[nodiscard]] outcome<findings::conclusion> diagnose_run(invocation& call, const std::string& workflow_id,
                                                         const std::string& run_id);

} // namespace cadenza::cli
