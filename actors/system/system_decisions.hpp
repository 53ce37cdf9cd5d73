#pragma once

#include "messages/error.hpp"

#include "uber/cadence/api/v1/decision.pb.h"

#include <cstdint>
#include <string>
#include <vector>

/// Decisions that the rules of system workflows make.
namespace cadenza::actors {

struct activity_plan {
  std::string id;
  std::string type;
  std::string task_list;
  std::string input;
  std::int64_t attempt_s = 60;   ///< one attempt
  std::int64_t attempts_s = 600; ///< all together
  double backoff = 2;            ///< between attempts, from one second on
  std::int64_t pause_max_s = 10;
  std::vector<error_kind> for_good; ///< failures after which it is not tried again
};
[[nodiscard]] uber::cadence::api::v1::Decision schedule_activity(const activity_plan& plan);

[[nodiscard]] uber::cadence::api::v1::Decision fail_workflow(const std::string& reason, const std::string& details);

} // namespace cadenza::actors
