#pragma once

#include "actors/base/engine.hpp"
#include "messages/outcome.hpp"

#include <string>
#include <string_view>

namespace cadenza::actors {

/// The token of a decision or activity task as clients carry it: JSON with the reference system's member names
/// (domainId, workflowId, workflowType, runId, scheduleId, scheduleAttempt, activityId, activityType). `by_id` is not
/// part of it.
[[nodiscard]] std::string encode(const task_token& token);

/// The token of a query task: JSON with domainId, workflowId, runId, taskList, taskId.
[[nodiscard]] std::string encode(const query_token& token);

/// Reads what `encode` or the reference system wrote; unknown members are passed over, absent ones stay empty. A text
/// that is no such JSON gives error_kind::unknown, as clients of the reference system see it. A domain id that is no
/// UUID gives entity_not_exists, no domain id and a run id that is no UUID give bad_request.
[[nodiscard]] outcome<task_token> decode_task_token(std::string_view text);

/// The same for query tasks.
[[nodiscard]] outcome<query_token> decode_query_token(std::string_view text);

} // namespace cadenza::actors
