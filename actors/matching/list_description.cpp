#include "actors/matching/list_description.hpp"

#include "actors/matching/partition_name.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

/// Answers when the last partition has described itself or has failed to.
struct gathering {
  gathering(call_ptr a, api::DescribeTaskListResponse root) : call(std::move(a)), whole(std::move(root)) {}
  ~gathering() { call->reply(whole); }
  std::mutex mutex;
  call_ptr call;
  api::DescribeTaskListResponse whole;
};

bool earlier(const google::protobuf::Timestamp& a, const google::protobuf::Timestamp& b) {
  return std::pair(a.seconds(), a.nanos()) < std::pair(b.seconds(), b.nanos());
}

void add_pollers(api::DescribeTaskListResponse& whole, const api::DescribeTaskListResponse& part) {
  for (const auto& poller : part.pollers()) {
    auto& all = *whole.mutable_pollers();
    const auto known =
        std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.identity() == poller.identity(); });
    if (known == all.end())
      *all.Add() = poller;
    else if (earlier(known->last_access_time(), poller.last_access_time()))
      *known = poller;
  }
}

} // namespace

void add_description(api::DescribeTaskListResponse& whole, const api::DescribeTaskListResponse& part, bool root) {
  add_pollers(whole, part);
  if (root) {
    *whole.mutable_task_list() = part.task_list();
    if (part.has_partition_config())
      *whole.mutable_partition_config() = part.partition_config();
  } else if (whole.task_list().name().empty()) {
    const auto name = parse_partition(part.task_list().name());
    whole.mutable_task_list()->set_name(name ? name->root : part.task_list().name());
    whole.mutable_task_list()->set_kind(part.task_list().kind());
  }
  if (!part.has_task_list_status())
    return;
  const auto& more = part.task_list_status();
  auto& status = *whole.mutable_task_list_status();
  if (root) {
    status.set_read_level(more.read_level());
    status.set_ack_level(more.ack_level());
    *status.mutable_task_id_block() = more.task_id_block();
  }
  status.set_backlog_count_hint(status.backlog_count_hint() + more.backlog_count_hint());
  status.set_rate_per_second(status.rate_per_second() + more.rate_per_second());
  status.set_new_tasks_per_second(status.new_tasks_per_second() + more.new_tasks_per_second());
  status.set_empty(status.backlog_count_hint() == 0);
  for (const auto& [name, group] : more.isolation_group_metrics()) {
    auto& out = (*status.mutable_isolation_group_metrics())[name];
    out.set_new_tasks_per_second(out.new_tasks_per_second() + group.new_tasks_per_second());
    out.set_poller_count(std::max(out.poller_count(), group.poller_count()));
  }
}

void describe_whole_list(const actor_context& env, std::shared_ptr<describe_list> asked) {
  const auto part = parse_partition(asked->list.name);
  if (asked->kind != api::TASK_LIST_KIND_STICKY && part && part->index == 0) {
    asked->call = std::make_shared<inner_call<api::DescribeTaskListResponse>>(
        asked->call->deadline_ns(), [&env, call = asked->call, list = asked->list, status = asked->status](
                                        const api::DescribeTaskListResponse* root, const error* reason) {
          if (root == nullptr)
            return call->reject(*reason);
          std::set<int> others;
          for (const auto& [id, partition] : root->partition_config().read_partitions())
            others.insert(id);
          others.erase(0);
          if (others.empty())
            return call->reply(*root);
          auto all = std::make_shared<gathering>(call, *root);
          for (const int id : others) {
            auto one = std::make_shared<describe_list>();
            one->list = {list.domain_id, name_of_partition(list.name, id), list.type};
            one->status = status;
            one->call = std::make_shared<inner_call<api::DescribeTaskListResponse>>(
                call->deadline_ns(), [all](const api::DescribeTaskListResponse* described, const error*) {
                  if (described == nullptr)
                    return;
                  const std::lock_guard guard(all->mutex);
                  add_description(all->whole, *described, false);
                });
            caf::anon_send(env.routes->matching(), make_matching_mail(std::move(one)));
          }
        });
  }
  caf::anon_send(env.routes->matching(), make_matching_mail(std::move(asked)));
}

} // namespace cadenza::actors
