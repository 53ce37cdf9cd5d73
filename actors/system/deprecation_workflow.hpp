#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/system/system_work.hpp"

#include <string>
#include <string_view>

/// The workflow that deprecates a domain with all that runs in it, as the `cadence` command line starts it: archival is
/// switched off, the domain deprecated, and its open runs are terminated, until none is left.
namespace cadenza::actors {

inline constexpr std::string_view deprecation_domain = "cadence-system";
inline constexpr std::string_view deprecation_task_list = "domain-deprecation-tasklist";
inline constexpr std::string_view deprecation_workflow_type = "domain-deprecation-workflow";

/// Which domain, and what entitles to it.
struct deprecation_input {
  std::string domain;
  std::string security_token;
};
/// JSON with the members domain_name and security_token; bad_request for a text that is not that.
[[nodiscard]] outcome<deprecation_input> decode_deprecation_input(std::string_view text);

/// What one round of terminating came to.
struct termination_round {
  std::int64_t found = 0; ///< open runs
  std::int64_t ended = 0; ///< of them, by now
};
/// As JSON, and back.
[[nodiscard]] std::string encode(const termination_round& round);
[[nodiscard]] outcome<termination_round> decode_termination_round(std::string_view text);

/// The rule of the workflow.
[[nodiscard]] system_workflow deprecation_workflow();

/// All that it needs of a worker. `live` must outlive it.
[[nodiscard]] system_list deprecation_list(const live_settings& live);

} // namespace cadenza::actors
