#include "actors/base/actor_context.hpp"

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

bool is_drained(const actor_context& env, const workflow::domain_view& domain, const std::string& group) {
  if (env.live->drained(group))
    return true;
  for (const auto& one : domain.row.domain().isolation_groups().isolation_groups()) {
    if (one.name() == group)
      return one.state() == api::ISOLATION_GROUP_STATE_DRAINED;
  }
  return false;
}

} // namespace cadenza::actors
