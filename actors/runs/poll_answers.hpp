#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/matching/matching_mail.hpp"
#include "workflow/decision_task.hpp"

namespace cadenza::actors {

class workflow_run;

/// What a worker that waited gets once the start of its task is on disk. To be called on the run's actor.

/// Answers a poll with a started decision; its history may have to be read first.
void answer_decision_poll(workflow_run& run, const workflow::decision_started& started, const list_poll_ptr& poll);

/// Answers a poll with a started activity; fills in what `response` lacks.
void answer_activity_poll(const workflow_run& run, std::int64_t schedule_id,
                          uber::cadence::api::v1::PollForActivityTaskResponse response, const list_poll& poll);

} // namespace cadenza::actors
