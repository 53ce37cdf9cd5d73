#pragma once

#include "actors/base/engine.hpp"
#include "bridge/checks/checks.hpp"

#include "uber/cadence/api/v1/service_worker.pb.h"

#include <memory>

namespace cadenza::bridge {

/// The task a worker's answer is about.
struct task_call {
  workflow::domain_ptr domain;
  actors::task_token token;
};

struct query_call {
  workflow::domain_ptr domain;
  actors::query_token token;
};

/// Validation of WorkerAPI, in the order that clients of the reference system know.

/// `deadline_ns` is the caller's (unix time, INT64_MAX: none): a poll needs one that leaves it time to wait.
[[nodiscard]] outcome<workflow::domain_ptr>
check(const checks&, const uber::cadence::api::v1::PollForDecisionTaskRequest&, std::int64_t deadline_ns);
[[nodiscard]] outcome<workflow::domain_ptr>
check(const checks&, const uber::cadence::api::v1::PollForActivityTaskRequest&, std::int64_t deadline_ns);
[[nodiscard]] outcome<workflow::domain_ptr> check(const checks&,
                                                  const uber::cadence::api::v1::ResetStickyTaskListRequest&);

/// What a worker's answer is about, read once: it also says whose limits hold for the checks.
[[nodiscard]] outcome<actors::task_token> read_task_token(const std::string& text);
[[nodiscard]] outcome<actors::query_token> read_query_token(const std::string& text);

[[nodiscard]] outcome<task_call> check(const checks&, outcome<actors::task_token> token,
                                       uber::cadence::api::v1::RespondDecisionTaskCompletedRequest&);
/// Cuts details that are too long.
[[nodiscard]] outcome<task_call> check(const checks&, outcome<actors::task_token> token,
                                       uber::cadence::api::v1::RespondDecisionTaskFailedRequest&);
/// Cuts an answer that is too long and makes it a failure.
[[nodiscard]] outcome<query_call> check(const checks&, outcome<actors::query_token> token,
                                        uber::cadence::api::v1::RespondQueryTaskCompletedRequest&);

/// For the activity calls with a task token: RecordActivityTaskHeartbeat,
/// RespondActivityTask{Completed,Failed,Canceled}.
[[nodiscard]] outcome<task_call> check_activity_call(const checks&, outcome<actors::task_token> token,
                                                     const std::string& identity, bool identity_checked);
/// For their ById variants: makes the token of an activity that is known by its id only.
[[nodiscard]] outcome<task_call> check_activity_call(const checks&, const std::string& domain,
                                                     const uber::cadence::api::v1::WorkflowExecution& execution,
                                                     const std::string& activity_id, const std::string& identity,
                                                     bool identity_checked);

/// What an activity's answer becomes when it carries more than the limit: a failure with one of these reasons.
inline constexpr const char* heartbeat_exceeds_limit = "HEARTBEAT_EXCEEDS_LIMIT";
inline constexpr const char* complete_result_exceeds_limit = "COMPLETE_RESULT_EXCEEDS_LIMIT";
inline constexpr const char* failure_details_exceeds_limit = "FAILURE_DETAILS_EXCEEDS_LIMIT";
inline constexpr const char* cancel_details_exceeds_limit = "CANCEL_DETAILS_EXCEEDS_LIMIT";

/// Null when `payload` is absent or within the limit, else the failure to report instead, with the payload cut to the
/// limit. Takes the bytes out of `payload` then. `task` says whose it is, for the warning.
[[nodiscard]] std::shared_ptr<uber::cadence::api::v1::RespondActivityTaskFailedRequest>
failure_if_too_large(const checks&, uber::cadence::api::v1::Payload* payload, const char* reason,
                     const std::string& identity, const task_call& task);

/// Cuts details that are too long and names that as the reason.
void limit_failure(const checks&, uber::cadence::api::v1::Failure& failure, const task_call& task);

} // namespace cadenza::bridge
