#pragma once

#include "messages/outcome.hpp"

#include <string_view>

/// What may run in the system's own domains.
namespace cadenza::workflow {

/// A workflow that the server's own worker carries out. Every list of `actors/system` has its line here.
struct system_kind {
  std::string_view domain;
  std::string_view workflow_type;
};
inline constexpr system_kind system_kinds[] = {{"cadence-system", "diagnostics-starter-workflow"},
                                               {"cadence-system", "domain-deprecation-workflow"}};

/// bad_request when the workflow belongs into one of the system's domains and nobody here would carry it out: it would
/// lie there open for ever. Workflows of other domains are nobody's business.
[[nodiscard]] outcome<void> check_system_work(std::string_view domain, std::string_view workflow_type);

} // namespace cadenza::workflow
