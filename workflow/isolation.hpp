#pragma once

#include "workflow/run.hpp"

#include "cadenza/record/v1/task.pb.h"

#include <string>
#include <string_view>

namespace cadenza::workflow {

/// Name of the isolation group in a run's partition config, as the reference system writes it.
inline constexpr std::string_view isolation_group_key = "isolation-group";

/// Lets a decision or activity task say whose workers should have it: the isolation group the run was started from.
/// These tasks have no target run; the field of that name carries the group.
inline void note_isolation_group(record::v1::TransferTask& task, const run& of) {
  const auto& config = of.fixed().partition_config();
  if (const auto group = config.find(std::string(isolation_group_key)); group != config.end())
    task.set_target_run_id(group->second);
}

/// The isolation group of a decision or activity task; empty: anybody's.
[[nodiscard]] inline const std::string& isolation_group_of(const record::v1::TransferTask& task) {
  return task.target_run_id();
}

} // namespace cadenza::workflow
