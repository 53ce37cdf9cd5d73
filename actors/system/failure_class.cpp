#include "actors/system/failure_class.hpp"

#include <string_view>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

} // namespace

failure_class class_of(const std::string& reason) {
  if (reason == "HEARTBEAT_EXCEEDS_LIMIT")
    return {"The details of a heartbeat are larger than a blob may be", "A blob is larger than its domain allows",
            true};
  if (reason == "COMPLETE_RESULT_EXCEEDS_LIMIT")
    return {"The result of the activity is larger than a blob may be", "A blob is larger than its domain allows", true};
  if (reason == "DECISION_BLOB_SIZE_EXCEEDS_LIMIT")
    return {"A payload in a decision is larger than a blob may be", "A blob is larger than its domain allows", true};
  if (contains(reason, "Generic"))
    return {"The worker's code returned an error",
            "The error comes from the worker's code: see the log of the worker with this identity"};
  if (contains(reason, "Panic"))
    return {"The worker's code panicked", "The panic is in the activity's or workflow's code"};
  if (contains(reason, "Timeout"))
    return {"Something the workflow waited for timed out", nullptr};
  return {"The worker's code returned a custom error",
          "The error was returned by the activity's or workflow's code; the reason names it"};
}

bool expected(api::DecisionTaskFailedCause cause) {
  switch (cause) {
  case api::DECISION_TASK_FAILED_CAUSE_UNHANDLED_DECISION:
  case api::DECISION_TASK_FAILED_CAUSE_RESET_STICKY_TASK_LIST:
  case api::DECISION_TASK_FAILED_CAUSE_FORCE_CLOSE_DECISION:
  case api::DECISION_TASK_FAILED_CAUSE_FAILOVER_CLOSE_DECISION:
  case api::DECISION_TASK_FAILED_CAUSE_RESET_WORKFLOW: return true;
  default: return false;
  }
}

std::string cause_name(api::DecisionTaskFailedCause cause) {
  constexpr std::string_view prefix = "DECISION_TASK_FAILED_CAUSE_";
  const auto& name = api::DecisionTaskFailedCause_Name(cause);
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

} // namespace cadenza::actors
