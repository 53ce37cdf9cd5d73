#pragma once

#include "uber/cadence/api/v1/workflow.pb.h"

#include <string>

namespace cadenza::actors {

/// What the reason of a failure says about where it comes from. Clients write their own: "cadenceInternal:Generic",
/// "cadenceInternal:Panic", "cadenceInternal:Timeout START_TO_CLOSE"; a program its own errors' names.
struct failure_class {
  const char* reason;
  const char* cause; ///< null: the reason says it all
  bool over_blob_limit = false;
};

[[nodiscard]] failure_class class_of(const std::string& reason);

/// Decisions that fail in the course of things: nobody has to mend anything.
[[nodiscard]] bool expected(uber::cadence::api::v1::DecisionTaskFailedCause cause);

/// As the contract names it, without its prefix.
[[nodiscard]] std::string cause_name(uber::cadence::api::v1::DecisionTaskFailedCause cause);

} // namespace cadenza::actors
