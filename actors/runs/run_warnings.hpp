#pragma once

#include "config/limit_warnings.hpp"
#include "workflow/environment.hpp"
#include "workflow/run.hpp"

#include <cstdint>

namespace cadenza::actors {

/// What of a run has warning limits.
struct run_measures {
  std::int64_t history_bytes = 0;
  std::int64_t events = 0;
  std::int64_t activities = 0;       ///< pending
  std::int64_t decision_attempt = 0; ///< of the pending decision, from 0

  [[nodiscard]] static run_measures of(const workflow::run& run);
};

/// Notes the limits that a transaction took the run beyond, and what was oversized in it: each once, when it is
/// crossed. A decision counts with each attempt beyond the critical one. For transactions that are about to be written:
/// one that is refused and tried again is noted again.
void warn_of_growth(limit_warnings& to, const workflow::rules& limits, const workflow::domain_view& domain,
                    const workflow::run& run, const run_measures& before, const workflow::oversized& seen);

} // namespace cadenza::actors
