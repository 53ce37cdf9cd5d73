#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/system/diagnosis.hpp"
#include "actors/system/system_work.hpp"

#include <string_view>

/// The workflow that diagnoses a run: one activity reads its history and makes the report, which is the workflow's
/// result and the answer to a query.
namespace cadenza::actors {

inline constexpr std::string_view diagnosis_domain = "cadence-system";
inline constexpr std::string_view diagnosis_task_list = "diagnostics-wf-tasklist";
inline constexpr std::string_view diagnosis_workflow_type = "diagnostics-starter-workflow";
inline constexpr std::string_view diagnosis_query = "query-diagnostics-report";
inline constexpr std::int64_t diagnosis_timeout_s = 86'400;
inline constexpr std::int64_t diagnosis_decision_timeout_s = 300;

/// Which run to diagnose.
struct diagnosis_input {
  std::string domain;
  std::string workflow_id;
  std::string run_id;
  std::string identity; ///< who asked
};
/// As JSON with the members Domain, Identity, WorkflowID, RunID, and back; bad_request for a text that is not that.
[[nodiscard]] std::string encode(const diagnosis_input& input);
[[nodiscard]] outcome<diagnosis_input> decode_diagnosis_input(std::string_view text);

/// The rule of the workflow: schedules the activity, then ends as the activity did. Its query answers
/// `{"DiagnosticsResult": report, "DiagnosticsCompleted": bool}` at any time.
[[nodiscard]] system_workflow diagnosis_workflow();

/// All that diagnosing needs of a worker. Both must outlive it.
[[nodiscard]] system_list diagnosis_list(const live_settings& live, const clock& time);

} // namespace cadenza::actors
