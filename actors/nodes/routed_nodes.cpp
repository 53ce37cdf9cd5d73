#include "actors/nodes/link_kinds.hpp"
#include "actors/nodes/routed_engine.hpp"
#include "messages/paging.hpp"
#include "messages/shard_hash.hpp"

#include "cadenza/record/v1/link.pb.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

/// What is asked of a node, of a shard or of the cluster as a whole.
namespace cadenza::actors {
namespace {

namespace api = uber::cadence::api::v1;
namespace admin = uber::cadence::admin::v1;
using wire::v1::NodeRequest;

// Numbers are sent to nodes of other versions: they stay.
enum method {
  close_shard_method = 1,
  describe_host_method = 2,
  remove_task_method = 3,
  reset_queue_method = 4,
  describe_queue_method = 5,
  task_lists_method = 6,
};

template <class Request> std::shared_ptr<Request> parsed(const NodeRequest& from, const call_ptr& call) {
  auto out = std::make_shared<Request>();
  if (out->ParseFromString(from.request()))
    return out;
  call->reject(internal_error("a request that another node has sent does not parse"));
  return nullptr;
}

/// The member that a host is: by its name, or by one of its addresses; null when there is none.
const node_card* member_at(const cluster_view& view, const std::string& host) {
  if (host.empty())
    return nullptr;
  if (const auto* named = view.find(host))
    return named;
  const auto& all = view.members();
  const auto i = std::find_if(all.begin(), all.end(), [&](const node_card& one) {
    return one.link_address == host || one.grpc_address == host || one.http_address == host;
  });
  return i == all.end() ? nullptr : &*i;
}

std::string names_of(const cluster_view& view) {
  std::string out;
  for (const auto& member : view.members())
    out += (out.empty() ? "" : ", ") + member.name;
  return out;
}

using task_lists = google::protobuf::Map<std::string, api::DescribeTaskListResponse>;

/// A list whose partitions are on several nodes has workers on each of them.
void add_lists(task_lists& to, const task_lists& from) {
  for (const auto& [name, part] : from) {
    const bool known = to.contains(name);
    auto& whole = to[name];
    if (!known) {
      whole = part;
      continue;
    }
    if (part.has_partition_config())
      *whole.mutable_partition_config() = part.partition_config();
    for (const auto& poller : part.pollers()) {
      auto& all = *whole.mutable_pollers();
      const auto same =
          std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.identity() == poller.identity(); });
      if (same == all.end())
        *all.Add() = poller;
      else if (same->last_access_time().seconds() < poller.last_access_time().seconds())
        *same = poller;
    }
  }
}

/// Answers when the last node has told its lists, or the first has failed to.
struct gathered_lists {
  explicit gathered_lists(call_ptr given) : call(std::move(given)) {}
  ~gathered_lists() {
    if (failed)
      call->reject(*failed);
    else
      call->reply(all);
  }
  void add(const api::GetTaskListsByDomainResponse* part, const error* reason) {
    const std::lock_guard guard(mutex);
    if (part == nullptr) {
      failed = *reason;
      return;
    }
    add_lists(*all.mutable_decision_task_list_map(), part->decision_task_list_map());
    add_lists(*all.mutable_activity_task_list_map(), part->activity_task_list_map());
  }
  const call_ptr call;
  std::mutex mutex; // guards what follows
  api::GetTaskListsByDomainResponse all;
  std::optional<error> failed;
};

} // namespace

void routed_engine::ask_node(const std::string& node, int method, const workflow::domain_view* domain,
                             std::string request, call_ptr call) const {
  NodeRequest out;
  out.set_method(method);
  if (domain != nullptr)
    out.set_domain_id(domain->id.raw());
  out.set_request(std::move(request));
  links_.ask(node, {link_kind::node_request, out.SerializeAsString(), false, std::move(call)});
}

template <int Method, auto Function, class Request> void routed_engine::to_owner(body<Request> request, call_ptr call) {
  const auto view = views_.get();
  if (const auto there = check_index(request->shard_id(), view->shard_count(), "shard"); !there)
    return call->reject(there.error());
  const auto* owner = view->owner_of_shard(request->shard_id());
  if (owner == nullptr || owner->name == view->self())
    return (local_.*Function)(std::move(request), std::move(call));
  ask_node(owner->name, Method, nullptr, request->SerializeAsString(), std::move(call));
}

void routed_engine::close_shard(body<admin::CloseShardRequest> request, call_ptr call) {
  to_owner<close_shard_method, &engine::close_shard>(std::move(request), std::move(call));
}
void routed_engine::remove_task(body<admin::RemoveTaskRequest> request, call_ptr call) {
  to_owner<remove_task_method, &engine::remove_task>(std::move(request), std::move(call));
}
void routed_engine::reset_queue(body<admin::ResetQueueRequest> request, call_ptr call) {
  to_owner<reset_queue_method, &engine::reset_queue>(std::move(request), std::move(call));
}
void routed_engine::describe_queue(body<admin::DescribeQueueRequest> request, call_ptr call) {
  to_owner<describe_queue_method, &engine::describe_queue>(std::move(request), std::move(call));
}

void routed_engine::describe_shards(body<admin::DescribeShardDistributionRequest> request, call_ptr call) {
  const auto view = views_.get();
  const auto shown = page_of(request->page_id(), request->page_size(), view->shard_count());
  if (!shown)
    return call->reject(shown.error());
  admin::DescribeShardDistributionResponse response;
  response.set_number_of_shards(view->shard_count());
  for (auto shard = shown->first; shard < shown->last; ++shard) {
    const auto* owner = view->owner_of_shard(static_cast<int>(shard));
    (*response.mutable_shards())[static_cast<int>(shard)] = owner != nullptr ? owner->name : std::string();
  }
  call->reply(response);
}

void routed_engine::describe_host(body<admin::DescribeHistoryHostRequest> request, call_ptr call) {
  const auto view = views_.get();
  const node_card* host = nullptr;
  switch (request->describe_by_case()) {
  case admin::DescribeHistoryHostRequest::kHostAddress:
    host = member_at(*view, request->host_address());
    if (host == nullptr && request->host_address() != view->self())
      return call->reject(bad_request("no node of the cluster is called or reached as " + request->host_address() +
                                      "; there are " + names_of(*view)));
    break;
  case admin::DescribeHistoryHostRequest::kShardId:
    if (const auto there = check_index(request->shard_id(), view->shard_count(), "shard"); !there)
      return call->reject(there.error());
    host = view->owner_of_shard(request->shard_id());
    break;
  case admin::DescribeHistoryHostRequest::kWorkflowExecution:
    host = view->owner_of_shard(shard_of(request->workflow_execution().workflow_id(), view->shard_count()));
    break;
  default: break;
  }
  if (host == nullptr || host->name == view->self())
    return local_.describe_host(std::move(request), std::move(call));
  ask_node(host->name, describe_host_method, nullptr, request->SerializeAsString(), std::move(call));
}

void routed_engine::task_lists_of_domain(workflow::domain_ptr domain, body<api::GetTaskListsByDomainRequest> request,
                                         call_ptr call) {
  const auto view = views_.get();
  const auto deadline = call->deadline_ns();
  const auto all = std::make_shared<gathered_lists>(std::move(call));
  const auto part = [&] {
    return std::make_shared<inner_call<api::GetTaskListsByDomainResponse>>(
        deadline,
        [all](const api::GetTaskListsByDomainResponse* lists, const error* reason) { all->add(lists, reason); });
  };
  for (const auto& member : view->members())
    if (member.name != view->self() && member.has(node_role::matching))
      ask_node(member.name, task_lists_method, domain.get(), request->SerializeAsString(), part());
  local_.task_lists_of_domain(std::move(domain), std::move(request), part());
}

void routed_engine::serve_node(const std::string& bytes, const call_ptr& call) {
  NodeRequest asked;
  if (!asked.ParseFromString(bytes))
    return call->reject(internal_error("what another node has sent does not parse"));
  const auto here = [&]<class Request>(void (engine::*function)(std::shared_ptr<Request>, call_ptr)) {
    if (auto request = parsed<Request>(asked, call))
      (local_.*function)(std::move(request), call);
  };
  switch (asked.method()) {
  case close_shard_method: return here(&engine::close_shard);
  case describe_host_method: return here(&engine::describe_host);
  case remove_task_method: return here(&engine::remove_task);
  case reset_queue_method: return here(&engine::reset_queue);
  case describe_queue_method: return here(&engine::describe_queue);
  case task_lists_method: {
    auto domain = local_.domains()->find(uuid::from_raw(asked.domain_id()));
    if (!domain)
      return call->reject(unavailable("this node has not heard of the domain yet"));
    if (auto request = parsed<api::GetTaskListsByDomainRequest>(asked, call))
      local_.task_lists_of_domain(std::move(domain), std::move(request), call);
    return;
  }
  default:
    call->reject({error_kind::unimplemented,
                  "this node does not know method " + std::to_string(asked.method()) + " of another node"});
  }
}

} // namespace cadenza::actors
