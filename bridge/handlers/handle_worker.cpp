#include "bridge/checks/validate_worker.hpp"

#include "bridge/handlers/forward.hpp"

#include <type_traits>

namespace cadenza::bridge {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::string_view service = "uber.cadence.api.v1.WorkerAPI";

/// The view for an answer to a task: with the limits of the domain that stands in its token.
template <class Token> rpc_context::view look_for(rpc_context& context, const outcome<Token>& token) {
  const auto domain = context.limits_differ() && token ? context.engine().domains()->find(token->domain_id) : nullptr;
  return context.look(domain ? std::string_view(domain->name) : std::string_view(), {});
}

// --- polls

template <class Request, class Response, auto EngineFunction>
void poll(rpc_context& context, body<Request> request, actors::call_ptr call) {
  const auto& list = request->task_list();
  const auto& budget = list.kind() == api::TASK_LIST_KIND_STICKY ? list.base_name() : list.name();
  const auto view = context.look(request->domain());
  const auto wait_ns = context.admit_poll(view.rules(), budget, *call);
  if (!wait_ns)
    return;
  auto domain = check(view.rules(), *request, call->deadline_ns());
  if (!domain)
    return call->reject(domain.error());
  if (context.draining())
    return call->reply(Response{});
  if (*wait_ns == 0)
    return (context.engine().*EngineFunction)(std::move(*domain), std::move(request), std::move(call));
  context.engine().wait(*wait_ns, std::move(call),
                        [&context, domain = std::move(*domain), request = std::move(request)](actors::call_ptr held) {
                          if (context.draining())
                            return held->reply(Response{});
                          (context.engine().*EngineFunction)(domain, request, std::move(held));
                        });
}

// --- answers to decision and query tasks

void decision_completed(rpc_context& context, body<api::RespondDecisionTaskCompletedRequest> request,
                        actors::call_ptr call) {
  auto token = read_task_token(request->task_token());
  const auto view = look_for(context, token);
  auto task = check(view.rules(), std::move(token), *request);
  if (!task)
    return call->reject(task.error());
  if (!context.admit(rate_class::worker, task->domain->name, {}, *call))
    return;
  context.engine().decision_completed(std::move(task->domain), std::move(task->token), std::move(request),
                                      std::move(call));
}

void decision_failed(rpc_context& context, body<api::RespondDecisionTaskFailedRequest> request, actors::call_ptr call) {
  auto token = read_task_token(request->task_token());
  const auto view = look_for(context, token);
  auto task = check(view.rules(), std::move(token), *request);
  if (!task)
    return call->reject(task.error());
  if (!context.admit(rate_class::worker, task->domain->name, {}, *call))
    return;
  context.engine().decision_failed(std::move(task->domain), std::move(task->token), std::move(request),
                                   std::move(call));
}

void query_completed(rpc_context& context, body<api::RespondQueryTaskCompletedRequest> request, actors::call_ptr call) {
  auto token = read_query_token(request->task_token());
  const auto view = look_for(context, token);
  auto query = check(view.rules(), std::move(token), *request);
  if (!query)
    return call->reject(query.error());
  if (!context.admit(rate_class::worker, query->domain->name, {}, *call))
    return;
  // What the worker is, is taken from its headers and not from its word.
  auto& version = *request->mutable_worker_version_info();
  version.set_impl(call->caller().client_impl);
  version.set_feature_version(call->caller().feature_version);
  context.engine().query_completed(std::move(query->domain), std::move(query->token), std::move(request),
                                   std::move(call));
}

void reset_sticky(rpc_context& context, body<api::ResetStickyTaskListRequest> request, actors::call_ptr call) {
  forward<rate_class::worker, &actors::engine::reset_sticky>(context, std::move(request), std::move(call));
}

// --- answers to activity tasks: by token, and by id

using token_of = outcome<task_call>;

void heartbeat(rpc_context& context, const checks& rules, token_of task,
               body<api::RecordActivityTaskHeartbeatRequest> request, actors::call_ptr call) {
  if (!task)
    return call->reject(task.error());
  if (!context.admit(rate_class::worker, task->domain->name, {}, *call))
    return;
  auto failure = failure_if_too_large(rules, request->has_details() ? request->mutable_details() : nullptr,
                                      heartbeat_exceeds_limit, request->identity(), *task);
  if (!failure)
    return context.engine().heartbeat(std::move(task->domain), std::move(task->token), std::move(request),
                                      std::move(call));
  // The activity fails at the server; its worker learns that it should stop.
  auto stop = std::make_shared<actors::inner_call<api::RespondActivityTaskFailedResponse>>(
      call->deadline_ns(), [call](const api::RespondActivityTaskFailedResponse*, const error* reason) {
        if (reason)
          return call->reject(*reason);
        api::RecordActivityTaskHeartbeatResponse response;
        response.set_cancel_requested(true);
        call->reply(response);
      });
  context.engine().activity_failed(std::move(task->domain), std::move(task->token), std::move(failure),
                                   std::move(stop));
}

void completed(rpc_context& context, const checks& rules, token_of task,
               body<api::RespondActivityTaskCompletedRequest> request, actors::call_ptr call) {
  if (!task)
    return call->reject(task.error());
  if (!context.admit(rate_class::worker, task->domain->name, {}, *call))
    return;
  auto failure = failure_if_too_large(rules, request->has_result() ? request->mutable_result() : nullptr,
                                      complete_result_exceeds_limit, request->identity(), *task);
  if (failure)
    context.engine().activity_failed(std::move(task->domain), std::move(task->token), std::move(failure),
                                     std::move(call));
  else
    context.engine().activity_completed(std::move(task->domain), std::move(task->token), std::move(request),
                                        std::move(call));
}

void failed(rpc_context& context, const checks& rules, token_of task,
            body<api::RespondActivityTaskFailedRequest> request, actors::call_ptr call) {
  if (!task)
    return call->reject(task.error());
  if (!context.admit(rate_class::worker, task->domain->name, {}, *call))
    return;
  if (request->has_failure())
    limit_failure(rules, *request->mutable_failure(), *task);
  context.engine().activity_failed(std::move(task->domain), std::move(task->token), std::move(request),
                                   std::move(call));
}

void canceled(rpc_context& context, const checks& rules, token_of task,
              body<api::RespondActivityTaskCanceledRequest> request, actors::call_ptr call) {
  if (!task)
    return call->reject(task.error());
  if (!context.admit(rate_class::worker, task->domain->name, {}, *call))
    return;
  auto failure = failure_if_too_large(rules, request->has_details() ? request->mutable_details() : nullptr,
                                      cancel_details_exceeds_limit, request->identity(), *task);
  if (failure)
    context.engine().activity_failed(std::move(task->domain), std::move(task->token), std::move(failure),
                                     std::move(call));
  else
    context.engine().activity_canceled(std::move(task->domain), std::move(task->token), std::move(request),
                                       std::move(call));
}

template <class Request>
using answer_function = void (*)(rpc_context&, const checks&, token_of, body<Request>, actors::call_ptr);

template <class Request>
constexpr bool identity_checked = !std::is_same_v<Request, api::RecordActivityTaskHeartbeatRequest>;

template <class Request, answer_function<Request> Answer>
void by_token(rpc_context& context, body<Request> request, actors::call_ptr call) {
  auto token = read_task_token(request->task_token());
  const auto view = look_for(context, token);
  auto task = check_activity_call(view.rules(), std::move(token), request->identity(), identity_checked<Request>);
  Answer(context, view.rules(), std::move(task), std::move(request), std::move(call));
}

// The ById requests carry the same content in fields of other numbers.
body<api::RecordActivityTaskHeartbeatRequest> to_plain(api::RecordActivityTaskHeartbeatByIDRequest& from) {
  auto to = std::make_shared<api::RecordActivityTaskHeartbeatRequest>();
  if (from.has_details())
    *to->mutable_details() = std::move(*from.mutable_details());
  return to;
}
body<api::RespondActivityTaskCompletedRequest> to_plain(api::RespondActivityTaskCompletedByIDRequest& from) {
  auto to = std::make_shared<api::RespondActivityTaskCompletedRequest>();
  if (from.has_result())
    *to->mutable_result() = std::move(*from.mutable_result());
  return to;
}
body<api::RespondActivityTaskFailedRequest> to_plain(api::RespondActivityTaskFailedByIDRequest& from) {
  auto to = std::make_shared<api::RespondActivityTaskFailedRequest>();
  if (from.has_failure())
    *to->mutable_failure() = std::move(*from.mutable_failure());
  return to;
}
body<api::RespondActivityTaskCanceledRequest> to_plain(api::RespondActivityTaskCanceledByIDRequest& from) {
  auto to = std::make_shared<api::RespondActivityTaskCanceledRequest>();
  if (from.has_details())
    *to->mutable_details() = std::move(*from.mutable_details());
  return to;
}

template <class ById, class Request, answer_function<Request> Answer>
void by_id(rpc_context& context, body<ById> request, actors::call_ptr call) {
  const auto view = context.look(request->domain());
  auto task = check_activity_call(view.rules(), request->domain(), request->workflow_execution(),
                                  request->activity_id(), request->identity(), identity_checked<Request>);
  auto plain = to_plain(*request);
  plain->set_identity(request->identity());
  Answer(context, view.rules(), std::move(task), std::move(plain), std::move(call));
}

} // namespace

void add_worker_methods(method_table& table) {
  using actors::engine;
  table
      .on<api::PollForDecisionTaskRequest,
          &poll<api::PollForDecisionTaskRequest, api::PollForDecisionTaskResponse, &engine::poll_decision>>(
          service, "PollForDecisionTask")
      .hangs = true;
  table
      .on<api::PollForActivityTaskRequest,
          &poll<api::PollForActivityTaskRequest, api::PollForActivityTaskResponse, &engine::poll_activity>>(
          service, "PollForActivityTask")
      .hangs = true;
  table.on<api::RespondDecisionTaskCompletedRequest, &decision_completed>(service, "RespondDecisionTaskCompleted");
  table.on<api::RespondDecisionTaskFailedRequest, &decision_failed>(service, "RespondDecisionTaskFailed");
  table.on<api::RespondQueryTaskCompletedRequest, &query_completed>(service, "RespondQueryTaskCompleted");
  table.on<api::ResetStickyTaskListRequest, &reset_sticky>(service, "ResetStickyTaskList");

  using beat = api::RecordActivityTaskHeartbeatRequest;
  using done = api::RespondActivityTaskCompletedRequest;
  using fail = api::RespondActivityTaskFailedRequest;
  using cancel = api::RespondActivityTaskCanceledRequest;
  using beat_by_id = api::RecordActivityTaskHeartbeatByIDRequest;
  using done_by_id = api::RespondActivityTaskCompletedByIDRequest;
  using fail_by_id = api::RespondActivityTaskFailedByIDRequest;
  using cancel_by_id = api::RespondActivityTaskCanceledByIDRequest;
  table.on<beat, &by_token<beat, &heartbeat>>(service, "RecordActivityTaskHeartbeat");
  table.on<done, &by_token<done, &completed>>(service, "RespondActivityTaskCompleted");
  table.on<fail, &by_token<fail, &failed>>(service, "RespondActivityTaskFailed");
  table.on<cancel, &by_token<cancel, &canceled>>(service, "RespondActivityTaskCanceled");
  table.on<beat_by_id, &by_id<beat_by_id, beat, &heartbeat>>(service, "RecordActivityTaskHeartbeatByID");
  table.on<done_by_id, &by_id<done_by_id, done, &completed>>(service, "RespondActivityTaskCompletedByID");
  table.on<fail_by_id, &by_id<fail_by_id, fail, &failed>>(service, "RespondActivityTaskFailedByID");
  table.on<cancel_by_id, &by_id<cancel_by_id, cancel, &canceled>>(service, "RespondActivityTaskCanceledByID");
}

} // namespace cadenza::bridge
