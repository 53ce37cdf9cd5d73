#pragma once

#include "cli/invocation.hpp"
#include "cli/json_text.hpp"

#include <vector>

namespace cadenza::cli {

/// One thing that is worth knowing about a run, and what to do about it.
struct finding {
  int rank = 0;       ///< lower is worse
  std::string kind;   ///< for programs: "no_decision_poller"
  std::string text;   ///< a sentence
  std::string advice; ///< what to do next; "" when there is nothing to do
};

/// What keeps a run from going on, worst first: from its history, what is pending, who polls its task lists, what waits
/// in them, and the state of its domain. Asks the server several times; what it does not tell is left out.
struct diagnosis {
  std::string summary; ///< one line: what the run is and how it stands
  std::vector<finding> findings;
};
[[nodiscard]] outcome<diagnosis> diagnose_run(invocation& call, const std::string& workflow_id,
                                              const std::string& run_id);

} // namespace cadenza::cli
