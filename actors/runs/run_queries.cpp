#include "actors/runs/run_commands.hpp"
#include "actors/runs/workflow_run.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

bool workflow_run::buffer_query(waiting_query query) {
  CADENZA_ASSERT(query.call && !query.id.empty(), "a query has an id and somebody who waits for its answer");
  expire_queries();
  if (static_cast<int>(queries_.size()) >= env_.live->buffered_queries_max())
    return false;
  queries_.push_back(std::move(query));
  arm_waiters();
  return true;
}

void workflow_run::expire_queries() {
  std::erase_if(queries_, [&](const waiting_query& q) {
    if (q.call->answered() || q.call->cancelled())
      return true;
    if (q.deadline_ns > now())
      return false;
    q.call->reject({error_kind::deadline_exceeded, "query timed out: no decision answered it in time"});
    return true;
  });
}

/// The decision that queries waited for will never be answered: the run was closed or reset by somebody else.
void workflow_run::release_queries() {
  if (queries_.empty() || !state_ || (state_->open() && state_->has_pending_decision()))
    return;
  auto waiting = std::move(queries_);
  queries_.clear();
  for (auto& q : waiting)
    dispatch_query(std::move(q));
}

riding_queries workflow_run::queries_for_decision() {
  riding_queries out;
  for (const auto& q : queries_) {
    if (!q.call->answered())
      out.emplace(q.id, q.query);
  }
  return out;
}

void workflow_run::decision_over(const api::RespondDecisionTaskCompletedRequest& body,
                                 const workflow::completion_result& result) {
  if (queries_.empty() || result.heartbeat)
    return;
  auto waiting = std::move(queries_);
  queries_.clear();
  for (auto& q : waiting) {
    const auto given = body.query_results().find(q.id);
    if (given != body.query_results().end()) {
      if (given->second.result_type() == api::QUERY_RESULT_TYPE_ANSWERED) {
        api::QueryWorkflowResponse response;
        *response.mutable_query_result() = given->second.answer();
        q.call->reply(response);
      } else {
        q.call->reject({error_kind::query_failed, given->second.error_message()});
      }
      continue;
    }
    if (result.new_decision && state_->open())
      queries_.push_back(std::move(q));
    else
      dispatch_query(std::move(q));
  }
}

void workflow_run::dispatch_query(waiting_query query) {
  const auto& sticky = state_->head().sticky_task_list();
  const bool may_be_sticky = !state_->head().no_sticky_queries() && env_.live->sticky_queries(*domain_);
  if (sticky.empty() || !state_->open() || !may_be_sticky)
    return send_query(std::move(query), false);
  // The worker that has the run in its cache gets a short while; after that any worker may answer from the history.
  const auto patience = std::max(1, state_->head().sticky_schedule_to_start_s()) * ns_per_s;
  waiting_query first = query;
  first.deadline_ns = std::min(query.deadline_ns, now() + patience);
  const workflow_key workflow{key_.domain_id, key_.workflow_id};
  first.call = std::make_shared<inner_call<api::QueryWorkflowResponse>>(
      first.deadline_ns, [&env = env_, workflow, run = key_.run_id, query](const api::QueryWorkflowResponse* response,
                                                                           const error* reason) {
        if (response != nullptr)
          return query.call->reply(*response);
        const bool sticky_gone = reason->kind == error_kind::sticky_worker_unavailable ||
                                 reason->kind == error_kind::deadline_exceeded ||
                                 reason->kind == error_kind::unavailable;
        if (!sticky_gone)
          return query.call->reject(*reason);
        send_to_run(env, make_query_without_stickiness(workflow, run, query));
      });
  send_query(std::move(first), true);
}

void workflow_run::send_query(waiting_query query, bool sticky) {
  CADENZA_ASSERT(state_, "a query goes to the list of a run that is in memory; run " + key_.run_id.str());
  auto out = std::make_shared<list_query>();
  const auto& list = sticky ? state_->head().sticky_task_list() : state_->fixed().task_list();
  out->list = {key_.domain_id, list, 0};
  out->kind = sticky ? api::TASK_LIST_KIND_STICKY : state_->fixed().task_list_kind();
  out->task_id = query.id;
  out->deadline_ns = query.deadline_ns;
  out->call = query.call;
  out->workflow = {key_.domain_id, key_.workflow_id};
  out->run_id = key_.run_id;
  out->query = std::move(query.query);
  out->sticky = sticky;
  send(env_.routes->matching(), make_matching_mail(std::move(out)));
}

} // namespace cadenza::actors
