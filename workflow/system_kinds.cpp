#include "workflow/system_kinds.hpp"

#include <algorithm>

namespace cadenza::workflow {

outcome<void> check_system_work(std::string_view domain, std::string_view workflow_type) {
  constexpr std::string_view names[] = {"cadence-system", "cadence-batcher"};
  if (std::find(std::begin(names), std::end(names), domain) == std::end(names))
    return {};
  const bool carried_out = std::any_of(std::begin(system_kinds), std::end(system_kinds), [&](const system_kind& one) {
    return one.domain == domain && one.workflow_type == workflow_type;
  });
  if (carried_out)
    return {};
  return bad_request("Domain " + std::string(domain) + " is for work of the server's own, and this version has no " +
                     std::string(workflow_type) + ": nothing would ever carry it out, so it is not started.");
}

} // namespace cadenza::workflow
