#pragma once

#include "dice.hpp"

#include "uber/cadence/api/v1/decision.pb.h"
#include "uber/cadence/api/v1/history.pb.h"

#include <string>
#include <utility>
#include <vector>

namespace cadenza::simulation {

namespace api = uber::cadence::api::v1;

inline constexpr const char* domain_name = "sea";
inline constexpr const char* list_name = "list";
inline constexpr const char* reset_reason = "again from there";

/// The program of a workflow is its input, a row of steps:
///   a<n>  an activity that fails n times before it works     p<n>  n activities at once
///   t<n>  a timer of n seconds                               s     a signal, or 15 s without one
///   c     a child, waited for                                m     a marker
///   d<p>  a child that would take very long, not waited for, with parent close policy p
///   g     a child that waits for a signal and gets it        k     a child that is cancelled when it has started
///   x<n>  a signal to workflow n, which may not be there     f<n>  fails n times and is retried
///   n     continue as new with the rest
/// `others`: the numbers of workflows that a step `x` may mean, the end excluded.
[[nodiscard]] std::string random_program(dice& chance, bool with_children, std::pair<int, int> others);

/// Programs with a step `f` are started under this.
void set_retry(api::RetryPolicy& policy);

/// What a worker answers a query with: the inputs of all signals of a history, each in brackets.
[[nodiscard]] std::string told_signals(const api::History& history);

/// What a worker decides after a history that begins with the first event. The same history gives the same decisions.
[[nodiscard]] std::vector<api::Decision> decide(const api::History& history, const std::string& workflow_id);

} // namespace cadenza::simulation
