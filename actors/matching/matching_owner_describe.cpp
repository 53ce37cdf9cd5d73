#include "actors/matching/matching_owner.hpp"

#include "actors/base/actor_path.hpp"
#include "actors/matching/list_description.hpp"
#include "actors/matching/partition_name.hpp"
#include "actors/matching/poll_board.hpp"
#include "actors/matching/task_list.hpp"

#include <caf/all.hpp>
#include <google/protobuf/empty.pb.h>

#include <atomic>
#include <mutex>
#include <set>

/// What the matching owner tells of its lists.
namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

/// Collects the descriptions of all lists of a domain; answers when the last one is in or has failed.
struct collector {
  explicit collector(call_ptr a) : call(std::move(a)) {}
  ~collector() { call->reply(response); }
  std::mutex mutex;
  api::GetTaskListsByDomainResponse response;
  call_ptr call;
};

/// The same for the partitions of one list.
struct partition_collector {
  explicit partition_collector(call_ptr a) : call(std::move(a)) {}
  ~partition_collector() { call->reply(response); }
  std::mutex mutex;
  api::ListTaskListPartitionsResponse response;
  call_ptr call;
};

} // namespace

/// All lists that have pollers or tasks, each under its own name: partitions count for their list.
void matching_owner::describe_all(const lists_of_domain& asked) {
  auto all = std::make_shared<collector>(asked.call);
  for (const auto& [key, one_list] : lists_) {
    if (key.domain_id != asked.domain_id)
      continue;
    auto one = std::make_shared<describe_list>();
    one->list = key;
    one->status = true;
    const auto part = parse_partition(key.name);
    one->call = std::make_shared<inner_call<api::DescribeTaskListResponse>>(
        INT64_MAX, [all, name = part ? part->root : key.name, root = !part || part->index == 0,
                    type = key.type](const api::DescribeTaskListResponse* description, const error*) {
          if (description == nullptr ||
              (description->pollers_size() == 0 && description->task_list_status().backlog_count_hint() == 0))
            return;
          const std::lock_guard guard(all->mutex);
          auto& map = type == 0 ? *all->response.mutable_decision_task_list_map()
                                : *all->response.mutable_activity_task_list_map();
          auto& out = map[name];
          add_description(out, *description, root);
          out.clear_task_list_status();
        });
    send(one_list.handle, make_matching_mail(std::move(one)));
  }
}

void matching_owner::describe_partitions(const list_partitions& asked) {
  auto all = std::make_shared<partition_collector>(asked.call);
  for (const int type : {0, 1}) {
    auto one = std::make_shared<describe_list>();
    one->list = {asked.domain_id, asked.name, type};
    one->call = std::make_shared<inner_call<api::DescribeTaskListResponse>>(
        INT64_MAX, [all, &env = env_, domain_id = asked.domain_id, name = asked.name,
                    type](const api::DescribeTaskListResponse* description, const error*) {
          std::set<int> ids{0};
          if (description != nullptr) {
            for (const auto& [id, partition] : description->partition_config().read_partitions())
              ids.insert(id);
            for (const auto& [id, partition] : description->partition_config().write_partitions())
              ids.insert(id);
          }
          const std::lock_guard guard(all->mutex);
          for (const int id : ids) {
            auto* out = type == 0 ? all->response.add_decision_task_list_partitions()
                                  : all->response.add_activity_task_list_partitions();
            out->set_key(name_of_partition(name, id));
            const auto far = env.others->place_of({domain_id, out->key(), type});
            out->set_owner_host_name(far.node.empty() ? env.settings.identity : far.node);
          }
        });
    auto mail = make_matching_mail(std::move(one));
    constexpr bool arrived = false;
    to_list(mail, arrived);
  }
}

void matching_owner::show(list_census& into) const {
  for (const auto& [key, one] : lists_)
    into.add(actor_path::name_of_list(env_, key), one.handle);
}

void matching_owner::kill(const kill_list& asked) {
  for (const auto& [key, one] : lists_) {
    if (!asked.name.empty() && actor_path::name_of_list(env_, key) != asked.name)
      continue;
    caf::anon_send_exit(one.handle, caf::exit_reason::kill);
    return asked.call->reply(google::protobuf::Empty());
  }
  asked.call->reject(not_exists("there is no such list in memory"));
}

} // namespace cadenza::actors
