#pragma once

#include "uber/cadence/api/v1/decision.pb.h"
#include "uber/cadence/api/v1/history.pb.h"

#include <optional>
#include <string>
#include <vector>

namespace hello {

/// The workflow HelloWorld: asks the activity Greet for a greeting, waits two seconds on a durable timer, and returns
/// the greeting. Like every workflow it is a pure function: the history so far in, what to do next out.
[[nodiscard]] std::vector<uber::cadence::api::v1::Decision>
decide(const std::vector<uber::cadence::api::v1::HistoryEvent>& history, const std::string& task_list);

/// The activity Greet: JSON text in, JSON text out. Nothing: it fails, because "nobody" is to be greeted.
[[nodiscard]] std::optional<std::string> greet(const std::string& input);

} // namespace hello
