#include "actors/engine/engine_state.hpp"
#include "actors/runs/command_of.hpp"
#include "actors/runs/run_commands.hpp"
#include "messages/paging.hpp"
#include "messages/utf8.hpp"
#include "messages/wire_time.hpp"

#include <caf/send.hpp>

#include <ctime>
#include <map>
#include <optional>

/// What operators do to runs and queues that need mending.
namespace cadenza::actors {

namespace admin = uber::cadence::admin::v1;

namespace {

std::optional<shard_queue> queue_of(admin::TaskType type) {
  switch (type) {
  case admin::TASK_TYPE_TRANSFER: return shard_queue::transfer;
  case admin::TASK_TYPE_TIMER: return shard_queue::timer;
  case admin::TASK_TYPE_REPLICATION: return shard_queue::replication;
  default: return std::nullopt;
  }
}

error invalid_task_type() { return bad_request("Invalid task type"); }

/// The shard an operator named, or null and the call has been told why.
caf::actor find_shard(const router& routes, int index, call& call) {
  if (const auto there = check_index(index, routes.shard_count(), "shard"); !there) {
    call.reject(there.error());
    return nullptr;
  }
  auto shard = routes.shard(index);
  if (!shard)
    call.reject(unavailable("the shard is not available right now"));
  return shard;
}

template <class Response> auto answer_with(call_ptr call) {
  return [call = std::move(call)](const outcome<removal_report>& result) {
    if (!result)
      return call->reject(result.error());
    call->reply(Response());
  };
}

/// One line for a queue, in the words of the reference system's processing queues: there is one, and it takes all
/// domains.
std::string state_line(const std::string& ack, const std::string& read, std::int64_t pending) {
  return "&{level: 0, ackLevel: " + ack + ", readLevel: " + read + ", maxLevel: " + read +
         ", domainFilter: {DomainIDs:map[] ReverseMatch:true}, pending: " + std::to_string(pending) + "}";
}

std::string transfer_level(std::int64_t id) { return "{taskID:" + std::to_string(id) + "}"; }

/// "{visibilityTimestamp: 2026-11-30 12:00:00.5 +0000 UTC, taskID: 0}"
std::string timer_level(std::int64_t ns) {
  const auto fraction = (ns % ns_per_s + ns_per_s) % ns_per_s;
  const auto seconds = static_cast<std::time_t>((ns - fraction) / ns_per_s);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char digits[40];
  std::string text(digits, std::strftime(digits, sizeof digits, "%Y-%m-%d %H:%M:%S", &parts));
  if (fraction != 0) {
    const auto whole = std::to_string(ns_per_s + fraction); // a one and nine digits
    text += '.' + whole.substr(1, whole.find_last_not_of('0'));
  }
  return "{visibilityTimestamp: " + text + " +0000 UTC, taskID: 0}";
}

} // namespace

void local_engine::delete_workflow(workflow::domain_ptr domain, body<admin::DeleteWorkflowRequest> request,
                                   call_ptr call) {
  const auto& execution = request->workflow_execution();
  remove_by_hand<admin::DeleteWorkflowResponse>(state_->env, {domain->id, execution.workflow_id()}, run_of(execution),
                                                std::move(call));
}

void local_engine::maintain_corrupt_workflow(workflow::domain_ptr domain,
                                             body<admin::MaintainCorruptWorkflowRequest> request, call_ptr call) {
  send_to_run(state_->env, make_maintain_corrupt(state_->env, domain, std::move(request), std::move(call)));
}

void local_engine::raw_history(workflow::domain_ptr domain,
                               body<admin::GetWorkflowExecutionRawHistoryV2Request> request, call_ptr call) {
  auto command = make_raw_history(domain, std::move(request), call);
  if (!command)
    return call->reject(command.error());
  send_to_run(state_->env, *std::move(command));
}

void local_engine::remove_task(body<admin::RemoveTaskRequest> request, call_ptr call) {
  const auto queue = queue_of(request->task_type());
  if (!queue)
    return call->reject(invalid_task_type());
  const auto shard = find_shard(state_->routes, request->shard_id(), *call);
  if (!shard)
    return;
  shard_order order;
  order.what = shard_order::kind::remove_task;
  order.queue = *queue;
  order.task_id = request->task_id();
  order.fire_ns = workflow::ns_of(request->visibility_time());
  order.answer = answer_with<admin::RemoveTaskResponse>(std::move(call));
  caf::anon_send(shard, make_shard_mail(std::move(order)));
}

void local_engine::reset_queue(body<admin::ResetQueueRequest> request, call_ptr call) {
  const auto queue = queue_of(request->task_type());
  if (!queue || *queue == shard_queue::replication)
    return call->reject(invalid_task_type());
  if (request->cluster_name() != state_->options.settings.cluster)
    return call->reject(bad_request("there is no queue for cluster " + utf8::excerpt(request->cluster_name())));
  const auto shard = find_shard(state_->routes, request->shard_id(), *call);
  if (!shard)
    return;
  shard_order order;
  order.what = shard_order::kind::reset_queue;
  order.queue = *queue;
  order.answer = answer_with<admin::ResetQueueResponse>(std::move(call));
  caf::anon_send(shard, make_shard_mail(std::move(order)));
}

void local_engine::describe_queue(body<admin::DescribeQueueRequest> request, call_ptr call) {
  const auto queue = queue_of(request->task_type());
  if (!queue || *queue == shard_queue::replication)
    return call->reject(invalid_task_type());
  if (request->cluster_name() != state_->options.settings.cluster)
    return call->reject(bad_request("there is no queue for cluster " + utf8::excerpt(request->cluster_name())));
  const auto shard = find_shard(state_->routes, request->shard_id(), *call);
  if (!shard)
    return;
  shard_query query;
  query.answer = [call, queue](const std::vector<std::pair<std::string, std::int64_t>>& said) {
    std::map<std::string, std::int64_t> now(said.begin(), said.end());
    admin::DescribeQueueResponse response;
    response.add_processing_queue_states(
        *queue == shard_queue::transfer ? state_line(transfer_level(now["transfer_ack"]),
                                                     transfer_level(now["next_task_id"] - 1), now["transfer_pending"])
                                        : state_line(timer_level(now["timer_ack_ns"]),
                                                     timer_level(now["timer_window_end_ns"]), now["timers_in_memory"]));
    call->reply(response);
  };
  caf::anon_send(shard, make_shard_mail(std::move(query)));
}

} // namespace cadenza::actors
