#pragma once

#include "actors/matching/matching_mail.hpp"

#include "cadenza/record/v1/matching_message.pb.h"

namespace cadenza::actors {

/// What waits in task lists, as it crosses a wire. Receipts, calls and claims stay where they are: the far desks of the
/// two nodes stand for them.
[[nodiscard]] wire::v1::ListAddress to_wire(const storage::task_list_key& list,
                                            uber::cadence::api::v1::TaskListKind kind);
[[nodiscard]] storage::task_list_key list_of(const wire::v1::ListAddress& list);
[[nodiscard]] wire::v1::RunAddress to_wire(const workflow_key& workflow, const uuid& run_id);

[[nodiscard]] wire::v1::MatchingTask to_wire(const list_task& task);
[[nodiscard]] list_task_ptr task_of(const wire::v1::MatchingTask& task);
[[nodiscard]] wire::v1::MatchingPoll to_wire(const list_poll& poll);
/// Without a call.
[[nodiscard]] list_poll_ptr poll_of(const wire::v1::MatchingPoll& poll);
[[nodiscard]] wire::v1::MatchingQuery to_wire(const list_query& query);
/// Without a call.
[[nodiscard]] list_query_ptr query_of(const wire::v1::MatchingQuery& query);

} // namespace cadenza::actors
