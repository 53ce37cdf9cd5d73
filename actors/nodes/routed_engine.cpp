#include "actors/nodes/routed_engine.hpp"

#include "actors/base/task_token.hpp"
#include "actors/nodes/link_kinds.hpp"
#include "messages/constants.hpp"
#include "messages/invariant.hpp"
#include "messages/shard_hash.hpp"

#include <google/protobuf/message_lite.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

namespace cadenza::actors {
namespace {

namespace api = uber::cadence::api::v1;
namespace admin = uber::cadence::admin::v1;
using wire::v1::EngineRequest;

constexpr std::int64_t patience_ns = 5 * ns_per_s; ///< for a shard that is on its way
constexpr std::int64_t pause_ns = 20 * ns_per_ms;

template <class Request> const std::string& workflow_of(const Request& request) {
  if constexpr (std::is_same_v<Request, api::StartWorkflowExecutionRequest>)
    return request.workflow_id();
  else if constexpr (std::is_same_v<Request, api::SignalWithStartWorkflowExecutionRequest>)
    return request.start_request().workflow_id();
  else
    return request.workflow_execution().workflow_id();
}

/// Methods whose callers may wait long for news.
constexpr bool waits(int method) { return method == 9 || method == 10; }

error nowhere() { return unavailable("the history shard of this workflow is not there at the moment"); }

/// Says to the node that has forwarded a request that it was not begun.
error not_here(int shard) {
  return {error_kind::shard_ownership_lost, "history shard " + std::to_string(shard) + " is not held by this node"};
}

using server = void (*)(engine&, workflow::domain_ptr, const EngineRequest&, const call_ptr&);

template <class Request> std::shared_ptr<Request> parsed(const EngineRequest& from, const call_ptr& call) {
  auto out = std::make_shared<Request>();
  if (out->ParseFromString(from.request()))
    return out;
  call->reject(internal_error("a request that another node has forwarded does not parse"));
  return nullptr;
}

template <class Request, void (engine::*Function)(workflow::domain_ptr, std::shared_ptr<Request>, call_ptr)>
void serve_run(engine& to, workflow::domain_ptr domain, const EngineRequest& from, const call_ptr& call) {
  if (auto request = parsed<Request>(from, call))
    (to.*Function)(std::move(domain), std::move(request), call);
}

template <class Request, void (engine::*Function)(workflow::domain_ptr, task_token, std::shared_ptr<Request>, call_ptr)>
void serve_task(engine& to, workflow::domain_ptr domain, const EngineRequest& from, const call_ptr& call) {
  auto token = decode_task_token(from.token());
  if (!token)
    return call->reject(token.error());
  token->by_id = from.by_id();
  if (auto request = parsed<Request>(from, call))
    (to.*Function)(std::move(domain), *std::move(token), std::move(request), call);
}

/// By method. Numbers are sent to nodes of other versions: they stay.
constexpr std::array<server, 23> servers{
    nullptr,
    &serve_run<api::StartWorkflowExecutionRequest, &engine::start>,
    &serve_run<api::SignalWithStartWorkflowExecutionRequest, &engine::signal_with_start>,
    &serve_run<api::SignalWorkflowExecutionRequest, &engine::signal>,
    &serve_run<api::RequestCancelWorkflowExecutionRequest, &engine::request_cancel>,
    &serve_run<api::TerminateWorkflowExecutionRequest, &engine::terminate>,
    &serve_run<api::ResetWorkflowExecutionRequest, &engine::reset>,
    &serve_run<api::RestartWorkflowExecutionRequest, &engine::restart>,
    &serve_run<api::DescribeWorkflowExecutionRequest, &engine::describe>,
    &serve_run<api::GetWorkflowExecutionHistoryRequest, &engine::get_history>,
    &serve_run<api::QueryWorkflowRequest, &engine::query>,
    &serve_run<api::RefreshWorkflowTasksRequest, &engine::refresh_tasks>,
    &serve_run<api::ResetStickyTaskListRequest, &engine::reset_sticky>,
    &serve_run<admin::DescribeWorkflowExecutionRequest, &engine::admin_describe_workflow>,
    &serve_run<admin::DeleteWorkflowRequest, &engine::delete_workflow>,
    &serve_run<admin::MaintainCorruptWorkflowRequest, &engine::maintain_corrupt_workflow>,
    &serve_run<admin::GetWorkflowExecutionRawHistoryV2Request, &engine::raw_history>,
    &serve_task<api::RespondDecisionTaskCompletedRequest, &engine::decision_completed>,
    &serve_task<api::RespondDecisionTaskFailedRequest, &engine::decision_failed>,
    &serve_task<api::RecordActivityTaskHeartbeatRequest, &engine::heartbeat>,
    &serve_task<api::RespondActivityTaskCompletedRequest, &engine::activity_completed>,
    &serve_task<api::RespondActivityTaskFailedRequest, &engine::activity_failed>,
    &serve_task<api::RespondActivityTaskCanceledRequest, &engine::activity_canceled>,
};

} // namespace

/// A request that is not carried out where it came in, or not yet.
class routed_engine::errand {
public:
  int shard = 0;
  bool waits = false;
  std::int64_t until_ns = 0;
  call_ptr call;
  std::function<void(call_ptr)> here;   ///< carries it out in this process
  std::function<std::string()> encoded; ///< for another node
};

/// What waits for the answer of another node: hands it on, unless the request was not begun there.
class routed_engine::forwarded_call final : public call {
public:
  forwarded_call(routed_engine& by, errand_ptr which)
    : call(which->call->deadline_ns()), by_(by), errand_(std::move(which)) {}
  ~forwarded_call() override { lost(); }

  [[nodiscard]] bool cancelled() const override { return errand_->call->cancelled(); }
  void on_cancel(std::function<void()> hook) override { errand_->call->on_cancel(std::move(hook)); }
  [[nodiscard]] const caller_info& caller() const override { return errand_->call->caller(); }

protected:
  void send(const google::protobuf::MessageLite& response) override { errand_->call->reply(response); }
  void send_bytes(std::string bytes) override { errand_->call->reply_bytes(std::move(bytes)); }
  void fail(const error& reason) override {
    if (reason.kind == error_kind::shard_ownership_lost)
      return by_.again(errand_);
    errand_->call->reject(reason);
  }

private:
  routed_engine& by_;
  const errand_ptr errand_;
};

routed_engine::routed_engine(engine& local, const clock& time, const cluster_views& views, const node_links& links,
                             std::function<bool(int)> is_there)
  : local_(local), time_(time), views_(views), links_(links), is_there_(std::move(is_there)) {
  CADENZA_ASSERT(is_there_, "somebody knows which shards are held here");
}

bool routed_engine::is_here(int shard) const { return views_.get()->shard_is_here(shard) && is_there_(shard); }

void routed_engine::go(const errand_ptr& which) {
  const auto view = views_.get();
  const auto* owner = view->owner_of_shard(which->shard);
  if (owner == nullptr || (owner->name == view->self() && !is_there_(which->shard)))
    return again(which);
  if (owner->name == view->self())
    return which->here(which->call);
  if (!links_.get()->contains(owner->name))
    return again(which); // it has just come
  links_.ask(owner->name, {link_kind::engine_request, which->encoded(), which->waits,
                           std::make_shared<forwarded_call>(*this, which)});
}

void routed_engine::again(const errand_ptr& which) {
  if (time_.now_ns() >= which->until_ns)
    return which->call->reject(nowhere());
  local_.wait(pause_ns, which->call, [this, which](const call_ptr&) { go(which); });
}

template <int Method, auto Function, class Request>
void routed_engine::to_run(workflow::domain_ptr domain, body<Request> request, call_ptr call) {
  const int shard = shard_of(workflow_of(*request), views_.get()->shard_count());
  if (is_here(shard))
    return (local_.*Function)(std::move(domain), std::move(request), std::move(call));
  auto made = std::make_shared<errand>();
  made->shard = shard;
  made->waits = waits(Method);
  made->until_ns = std::min(call->deadline_ns(), time_.now_ns() + patience_ns);
  made->call = std::move(call);
  made->here = [this, domain, request](call_ptr to) { (local_.*Function)(domain, request, std::move(to)); };
  made->encoded = [domain, request, shard] {
    EngineRequest out;
    out.set_method(Method);
    out.set_domain_id(domain->id.raw());
    out.set_shard(shard);
    request->SerializeToString(out.mutable_request());
    return out.SerializeAsString();
  };
  go(made);
}

template <int Method, auto Function, class Request>
void routed_engine::to_task(workflow::domain_ptr domain, task_token token, body<Request> request, call_ptr call) {
  const int shard = shard_of(token.workflow_id, views_.get()->shard_count());
  if (is_here(shard))
    return (local_.*Function)(std::move(domain), std::move(token), std::move(request), std::move(call));
  auto made = std::make_shared<errand>();
  made->shard = shard;
  made->until_ns = std::min(call->deadline_ns(), time_.now_ns() + patience_ns);
  made->call = std::move(call);
  made->here = [this, domain, token, request](call_ptr to) {
    (local_.*Function)(domain, token, request, std::move(to));
  };
  made->encoded = [domain, token, request, shard] {
    EngineRequest out;
    out.set_method(Method);
    out.set_domain_id(domain->id.raw());
    out.set_shard(shard);
    out.set_token(encode(token));
    out.set_by_id(token.by_id);
    request->SerializeToString(out.mutable_request());
    return out.SerializeAsString();
  };
  go(made);
}

void routed_engine::serve(const std::string& bytes, const call_ptr& call) {
  EngineRequest asked;
  if (!asked.ParseFromString(bytes))
    return call->reject(internal_error("what another node has forwarded does not parse"));
  const auto method = static_cast<std::size_t>(asked.method());
  if (method == 0 || method >= servers.size())
    return call->reject({error_kind::unimplemented,
                         "this node does not know method " + std::to_string(asked.method()) + " of another node"});
  if (asked.shard() < 0 || asked.shard() >= views_.get()->shard_count() || !is_here(asked.shard()))
    return call->reject(not_here(asked.shard()));
  auto domain = local_.domains()->find(uuid::from_raw(asked.domain_id()));
  if (!domain) // the other node has heard of it first
    return call->reject(not_here(asked.shard()));
  servers[method](local_, std::move(domain), asked, call);
}

#define CADENZA_ROUTED(number, name, Request)                                                                          \
  void routed_engine::name(workflow::domain_ptr domain, body<Request> request, call_ptr call) {                        \
    to_run<number, &engine::name>(std::move(domain), std::move(request), std::move(call));                             \
  }
CADENZA_ROUTED(1, start, api::StartWorkflowExecutionRequest)
CADENZA_ROUTED(2, signal_with_start, api::SignalWithStartWorkflowExecutionRequest)
CADENZA_ROUTED(3, signal, api::SignalWorkflowExecutionRequest)
CADENZA_ROUTED(4, request_cancel, api::RequestCancelWorkflowExecutionRequest)
CADENZA_ROUTED(5, terminate, api::TerminateWorkflowExecutionRequest)
CADENZA_ROUTED(6, reset, api::ResetWorkflowExecutionRequest)
CADENZA_ROUTED(7, restart, api::RestartWorkflowExecutionRequest)
CADENZA_ROUTED(8, describe, api::DescribeWorkflowExecutionRequest)
CADENZA_ROUTED(9, get_history, api::GetWorkflowExecutionHistoryRequest)
CADENZA_ROUTED(10, query, api::QueryWorkflowRequest)
CADENZA_ROUTED(11, refresh_tasks, api::RefreshWorkflowTasksRequest)
CADENZA_ROUTED(12, reset_sticky, api::ResetStickyTaskListRequest)
CADENZA_ROUTED(13, admin_describe_workflow, admin::DescribeWorkflowExecutionRequest)
CADENZA_ROUTED(14, delete_workflow, admin::DeleteWorkflowRequest)
CADENZA_ROUTED(15, maintain_corrupt_workflow, admin::MaintainCorruptWorkflowRequest)
CADENZA_ROUTED(16, raw_history, admin::GetWorkflowExecutionRawHistoryV2Request)
#undef CADENZA_ROUTED

#define CADENZA_ROUTED(number, name, Request)                                                                          \
  void routed_engine::name(workflow::domain_ptr domain, task_token token, body<api::Request> request, call_ptr call) { \
    to_task<number, &engine::name>(std::move(domain), std::move(token), std::move(request), std::move(call));          \
  }
CADENZA_ROUTED(17, decision_completed, RespondDecisionTaskCompletedRequest)
CADENZA_ROUTED(18, decision_failed, RespondDecisionTaskFailedRequest)
CADENZA_ROUTED(19, heartbeat, RecordActivityTaskHeartbeatRequest)
CADENZA_ROUTED(20, activity_completed, RespondActivityTaskCompletedRequest)
CADENZA_ROUTED(21, activity_failed, RespondActivityTaskFailedRequest)
CADENZA_ROUTED(22, activity_canceled, RespondActivityTaskCanceledRequest)
#undef CADENZA_ROUTED

} // namespace cadenza::actors
