#include "cli/commands.hpp"
#include "cli/output.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"

#include <map>
#include <ostream>

namespace cadenza::cli {

namespace {

namespace admin = uber::cadence::admin::v1;

status describe_shard(invocation& call) {
  admin::DescribeHistoryHostRequest request;
  request.set_shard_id(static_cast<std::int32_t>(call.number("shard_id")));
  admin::DescribeHistoryHostResponse response;
  if (auto answer = call.call("AdminAPI/DescribeHistoryHost", request, response); !answer)
    return failed("Describe shard failed", answer.error());
  show_json(call, {{"shardId", call.number("shard_id")},
                   {"address", response.address()},
                   {"numberOfShardsOfHost", response.number_of_shards()},
                   {"shardControllerStatus", response.shard_controller_status()}});
  return {};
}

status list_shards(invocation& call) {
  admin::DescribeShardDistributionRequest request;
  request.set_page_size(static_cast<std::int32_t>(call.number("pagesize")));
  request.set_page_id(static_cast<std::int32_t>(call.number("page_id")));
  admin::DescribeShardDistributionResponse response;
  if (auto answer = call.call("AdminAPI/DescribeShardDistribution", request, response); !answer)
    return failed("Shard list failed", answer.error());
  if (!call.json())
    call.out() << "Total Number of Shards: " << response.number_of_shards()
               << "\nNumber of Shards Returned: " << response.shards_size() << '\n';
  row_set rows{{"ShardID", "Identity"}, {}};
  for (const auto& [id, owner] :
       std::map<std::int32_t, std::string>(response.shards().begin(), response.shards().end())) {
    rows.rows.push_back({std::to_string(id), owner});
    rows.data.push_back({{"ShardID", id}, {"Identity", owner}});
  }
  return show(call, rows);
}

status close_shard(invocation& call) {
  admin::CloseShardRequest request;
  request.set_shard_id(static_cast<std::int32_t>(call.number("shard_id")));
  admin::CloseShardResponse response;
  if (auto answer = call.call("AdminAPI/CloseShard", request, response); !answer)
    return failed("Close shard task has failed", answer.error());
  done(call, "Shard " + std::to_string(call.number("shard_id")) + " closed.");
  return {};
}

/// Queue kinds as operators number them, and as the contract does.
std::optional<admin::TaskType> task_type(std::int64_t queue_type) {
  switch (queue_type) {
  case 2: return admin::TASK_TYPE_TRANSFER;
  case 3: return admin::TASK_TYPE_TIMER;
  case 4: return admin::TASK_TYPE_REPLICATION;
  case 6: return admin::TASK_TYPE_CROSS_CLUSTER;
  default: return std::nullopt;
  }
}

template <class Request> std::optional<Request> queue_request(const invocation& call) {
  const auto type = task_type(call.number("queue_type"));
  if (!type)
    return std::nullopt;
  Request request;
  request.set_shard_id(static_cast<std::int32_t>(call.number("shard_id")));
  request.set_cluster_name(call.text("cluster"));
  request.set_task_type(*type);
  return request;
}

problem wrong_type() {
  return {"Option queue_type format is invalid.", "2 transfer, 3 timer, 4 replication, 6 cross-cluster"};
}

status reset_queue(invocation& call) {
  const auto request = queue_request<admin::ResetQueueRequest>(call);
  if (!request)
    return wrong_type();
  admin::ResetQueueResponse response;
  if (auto answer = call.call("AdminAPI/ResetQueue", *request, response); !answer)
    return failed("Failed to reset queue", answer.error());
  done(call, "Reset queue state succeeded");
  return {};
}

status describe_queue(invocation& call) {
  const auto request = queue_request<admin::DescribeQueueRequest>(call);
  if (!request)
    return wrong_type();
  admin::DescribeQueueResponse response;
  if (auto answer = call.call("AdminAPI/DescribeQueue", *request, response); !answer)
    return failed("Failed to describe queue", answer.error());
  if (call.json()) {
    json states = json::array();
    for (const auto& state : response.processing_queue_states())
      states.push_back(payload_json(state));
    show_json(call, states);
    return {};
  }
  for (const auto& state : response.processing_queue_states())
    call.out() << state << '\n';
  return {};
}

flag shard_flag() {
  flag result{"shard_id,sid", "shard", flag_kind::number};
  result.required = true;
  return result;
}

} // namespace

command admin_shard_commands() {
  command group{"shard", {"shar"}, "Look into shards"};
  group.commands = {
      {"describe", {"d"}, "Show who holds a shard", {shard_flag()}, describe_shard},
      {"list",
       {"l"},
       "List shards and who holds them",
       {{"pagesize,ps", "shards in a page", flag_kind::number, "100"},
        {"page_id", "page to show, from 0", flag_kind::number, "0"},
        format_flag()},
       list_shards},
      {"closeShard", {"clsh"}, "Close a shard; it is taken up again at once", {shard_flag()}, close_shard},
  };
  return group;
}

command admin_queue_commands() {
  flag type{"queue_type", "2 transfer, 3 timer, 4 replication, 6 cross-cluster", flag_kind::number};
  type.required = true;
  const std::vector<flag> flags{
      shard_flag(), {"cluster", "cluster the tasks are for", flag_kind::text, "cluster0"}, type};
  command group{"queue", {"q"}, "Look into a shard's task queues"};
  group.commands = {
      {"reset", {}, "Read a queue from its start again", flags, reset_queue},
      {"describe", {"desc"}, "Show how far a queue is processed", flags, describe_queue},
  };
  return group;
}

} // namespace cadenza::cli
