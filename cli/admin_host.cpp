#include "cli/commands.hpp"
#include "cli/output.hpp"

#include "messages/shard_hash.hpp"
#include "uber/cadence/admin/v1/service_admin.pb.h"

#include <ostream>

namespace cadenza::cli {

namespace {

namespace admin = uber::cadence::admin::v1;

status describe_host(invocation& call) {
  admin::DescribeHistoryHostRequest request;
  const auto& workflow_id = call.text("workflow_id");
  const int ways =
      (workflow_id.empty() ? 0 : 1) + (call.given("shard_id") ? 1 : 0) + (call.text("history_address").empty() ? 0 : 1);
  if (ways != 1)
    return missing("exactly one of --workflow_id, --history_address, --shard_id");
  if (!workflow_id.empty()) {
    request.mutable_workflow_execution()->set_workflow_id(workflow_id);
    request.mutable_workflow_execution()->set_run_id(call.text("run_id"));
  } else if (call.given("shard_id")) {
    request.set_shard_id(static_cast<std::int32_t>(call.number("shard_id")));
  } else {
    request.set_host_address(call.text("history_address"));
  }
  admin::DescribeHistoryHostResponse response;
  if (auto answer = call.call("AdminAPI/DescribeHistoryHost", request, response); !answer)
    return failed("Describe history host failed", answer.error());
  json shown{{"NumberOfShards", response.number_of_shards()},
             {"DomainCacheSize", response.domain_cache().num_of_items_in_cache_by_id()},
             {"ShardControllerStatus", response.shard_controller_status()},
             {"Address", response.address()}};
  if (call.on("print_full"))
    shown["ShardIDs"] = std::vector<std::int32_t>(response.shard_ids().begin(), response.shard_ids().end());
  show_json(call, in_one_dialect(call, shown));
  return {};
}

status shard_of_workflow(invocation& call) {
  const auto shards = call.number("number_of_shards");
  if (shards < 1)
    return problem{"numberOfShards is required", "a number from 1 is expected"};
  const auto& workflow_id = call.text("workflow_id");
  const auto shard = shard_of(workflow_id, static_cast<int>(shards));
  if (call.json())
    show_json(call, {{"workflowId", workflow_id}, {"shardId", shard}});
  else
    call.out() << "ShardId for workflowID: " << workflow_id << " is " << shard << '\n';
  return {};
}

} // namespace

command admin_history_host_commands() {
  flag shards{"number_of_shards", "history shards of the cluster", flag_kind::number};
  shards.required = true;
  command group{"history_host", {"hist"}, "Inspect the node that holds a shard"};
  group.commands = {
      {"describe",
       {"desc"},
       "Show the node of a workflow, a shard or an address",
       {workflow_id_flag(false),
        run_id_flag(),
        {"history_address,had", "address of the node"},
        {"shard_id,sid", "shard", flag_kind::number},
        {"print_full,pf", "show the ids of all its shards, too", flag_kind::toggle}},
       describe_host},
      {"getshard", {"gsh"}, "Compute the shard of a workflow id", {workflow_id_flag(true), shards}, shard_of_workflow},
  };
  return group;
}

} // namespace cadenza::cli
