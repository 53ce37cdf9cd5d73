#pragma once

#include "actors/base/engine.hpp"
#include "workflow/decision_task.hpp"

#include "uber/cadence/api/v1/query.pb.h"

#include <functional>
#include <map>
#include <string>

namespace cadenza::actors {

class workflow_run;

/// Queries that ride on a decision task: id → query.
using riding_queries = std::map<std::string, uber::cadence::api::v1::WorkflowQuery>;

/// Makes a serialized PollForDecisionTaskResponse for a started decision, with its first page of history, and hands it
/// over on any thread. The history comes from memory when the run has it there.
void make_decision_answer(workflow_run& run, const workflow::decision_started& started, const riding_queries& queries,
                          std::function<void(outcome<std::string>)> hand_over);

/// The same for a query that is sent on its own: no decision is started, the worker gets the history and the query.
void make_query_answer(workflow_run& run, const query_token& token, const uber::cadence::api::v1::WorkflowQuery& query,
                       bool sticky, std::function<void(outcome<std::string>)> hand_over);

} // namespace cadenza::actors
