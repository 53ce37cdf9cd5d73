#pragma once

#include "world.hpp"

#include "uber/cadence/api/v1/decision.pb.h"
#include "uber/cadence/api/v1/history.pb.h"

#include <string>
#include <vector>

namespace cadenza::simulation {

namespace api = uber::cadence::api::v1;

inline constexpr const char* domain_name = "sea";
inline constexpr const char* list_name = "list";

/// The program of a workflow is its input, a row of steps:
///   a<n>  an activity that fails n times before it works     p<n>  n activities at once
///   t<n>  a timer of n seconds                               s     a signal, or 15 s without one
///   c     a child, waited for                                m     a marker
///   n     continue as new with the rest
[[nodiscard]] std::string random_program(dice& chance, bool with_children);

/// What a worker decides after a history that begins with the first event. The same history gives the same decisions.
[[nodiscard]] std::vector<api::Decision> decide(const api::History& history, const std::string& workflow_id);

} // namespace cadenza::simulation
