#include "actors/engine/local_engine.hpp"
#include "actors/runs/shard_mail.hpp"
#include "actors/visibility/visibility_mail.hpp"

#include "actors/base/json_object.hpp"
#include "actors/base/later.hpp"
#include "actors/engine/admission.hpp"
#include "actors/engine/engine_state.hpp"
#include "actors/engine/node.hpp"
#include "actors/matching/list_description.hpp"
#include "actors/runs/run_commands.hpp"
#include "messages/utf8.hpp"
#include "workflow/isolation.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

/// The engine: what workers ask for and answer.
namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

/// An empty poll is answered this long before the caller's deadline.
constexpr std::int64_t poll_margin_ns = ns_per_s;

constexpr double rate_most = 1e9;

/// What a worker asks for, tasks a second; nothing when it is no number.
std::optional<double> asked_rate(double value) {
  return std::isnan(value) ? std::nullopt : std::optional(std::clamp(value, 0.0, rate_most));
}

std::int64_t poll_deadline(const actor_context& env, const call& poll, std::int64_t longest_ns) {
  const auto now = env.time->now_ns();
  const auto wanted = now + longest_ns;
  if (poll.deadline_ns() == INT64_MAX)
    return wanted;
  return std::clamp(poll.deadline_ns() - poll_margin_ns, now, wanted);
}

} // namespace

void local_engine::wait(std::int64_t delay_ns, call_ptr held, std::function<void(call_ptr)> go) {
  // With the matching owner: what waits here would wait there.
  if (const auto patron = state_->routes.matching())
    state_->system.spawn<later>(state_->env, delay_ns, std::move(held), std::move(go), patron);
}

void local_engine::poll_decision(workflow::domain_ptr domain, body<api::PollForDecisionTaskRequest> request,
                                 call_ptr call) {
  auto poll = std::make_shared<list_poll>();
  poll->list = {domain->id, request->task_list().name(), 0};
  poll->kind = request->task_list().kind();
  poll->identity = request->identity();
  poll->request_id = state_->env.chance->new_uuid().str();
  poll->isolation_group = call->caller().isolation_group;
  poll->deadline_ns = poll_deadline(state_->env, *call, state_->env.live->poll_ns(*domain, poll->list.name, 0));
  poll->id = state_->next_poll.fetch_add(1, std::memory_order_relaxed);
  poll->call = std::move(call);
  caf::anon_send(state_->routes.matching(), make_matching_mail(std::move(poll)));
}

void local_engine::poll_activity(workflow::domain_ptr domain, body<api::PollForActivityTaskRequest> request,
                                 call_ptr call) {
  auto poll = std::make_shared<list_poll>();
  poll->list = {domain->id, request->task_list().name(), 1};
  poll->kind = request->task_list().kind();
  poll->identity = request->identity();
  poll->request_id = state_->env.chance->new_uuid().str();
  poll->isolation_group = call->caller().isolation_group;
  if (request->has_task_list_metadata() && request->task_list_metadata().has_max_tasks_per_second())
    poll->rate = asked_rate(request->task_list_metadata().max_tasks_per_second().value());
  poll->deadline_ns = poll_deadline(state_->env, *call, state_->env.live->poll_ns(*domain, poll->list.name, 1));
  poll->id = state_->next_poll.fetch_add(1, std::memory_order_relaxed);
  poll->call = std::move(call);
  caf::anon_send(state_->routes.matching(), make_matching_mail(std::move(poll)));
}

void local_engine::decision_completed(workflow::domain_ptr domain, task_token token,
                                      body<api::RespondDecisionTaskCompletedRequest> request, call_ptr call) {
  if (refused_as_too_many(state_->env, *domain, token.workflow_id, false, *call))
    return;
  send_to_run(state_->env, make_decision_completed(domain, std::move(token), std::move(request), std::move(call)));
}
void local_engine::decision_failed(workflow::domain_ptr domain, task_token token,
                                   body<api::RespondDecisionTaskFailedRequest> request, call_ptr call) {
  if (refused_as_too_many(state_->env, *domain, token.workflow_id, false, *call))
    return;
  send_to_run(state_->env, make_decision_failed(domain, std::move(token), std::move(request), std::move(call)));
}
void local_engine::heartbeat(workflow::domain_ptr domain, task_token token,
                             body<api::RecordActivityTaskHeartbeatRequest> request, call_ptr call) {
  if (refused_as_too_many(state_->env, *domain, token.workflow_id, false, *call))
    return;
  send_to_run(state_->env, make_heartbeat(domain, std::move(token), std::move(request), std::move(call)));
}
void local_engine::activity_completed(workflow::domain_ptr domain, task_token token,
                                      body<api::RespondActivityTaskCompletedRequest> request, call_ptr call) {
  if (refused_as_too_many(state_->env, *domain, token.workflow_id, false, *call))
    return;
  send_to_run(state_->env, make_activity_completed(domain, std::move(token), std::move(request), std::move(call)));
}
void local_engine::activity_failed(workflow::domain_ptr domain, task_token token,
                                   body<api::RespondActivityTaskFailedRequest> request, call_ptr call) {
  if (refused_as_too_many(state_->env, *domain, token.workflow_id, false, *call))
    return;
  send_to_run(state_->env, make_activity_failed(domain, std::move(token), std::move(request), std::move(call)));
}
void local_engine::activity_canceled(workflow::domain_ptr domain, task_token token,
                                     body<api::RespondActivityTaskCanceledRequest> request, call_ptr call) {
  if (refused_as_too_many(state_->env, *domain, token.workflow_id, false, *call))
    return;
  send_to_run(state_->env, make_activity_canceled(domain, std::move(token), std::move(request), std::move(call)));
}

void local_engine::query_completed(workflow::domain_ptr domain, query_token token,
                                   body<api::RespondQueryTaskCompletedRequest> request, call_ptr call) {
  auto given = std::make_shared<query_answer>();
  given->list = {domain->id, token.task_list, 0};
  given->task_id = std::move(token.task_id);
  given->request = std::move(request);
  given->call = std::move(call);
  caf::anon_send(state_->routes.matching(), make_matching_mail(std::move(given)));
}

} // namespace cadenza::actors
