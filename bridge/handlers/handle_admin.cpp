#include "bridge/checks/validate_admin.hpp"

#include "bridge/base/caller.hpp"
#include "bridge/handlers/forward.hpp"

#include <algorithm>

namespace cadenza::bridge {

namespace admin = uber::cadence::admin::v1;
namespace api = uber::cadence::api::v1;

namespace {

constexpr std::string_view service = "uber.cadence.admin.v1.AdminAPI";

/// Rings as the reference system has them: one for each of its services.
void add_membership(const rpc_context& context, admin::MembershipInfo& to) {
  to.mutable_current_host()->set_identity(context.about().host);
  const auto hosts = context.hosts();
  for (const auto role : config::role_names) {
    auto& ring = *to.add_rings();
    ring.set_role("cadence-" + std::string(role));
    for (const auto& host : hosts) {
      if (std::ranges::find(host.roles, role) == host.roles.end())
        continue;
      to.add_reachable_members(host.identity);
      ring.add_members()->set_identity(host.identity);
    }
    ring.set_member_count(ring.members_size());
  }
}

void describe_cluster(rpc_context& context, body<admin::DescribeClusterRequest>, actors::call_ptr call) {
  admin::DescribeClusterResponse response;
  response.mutable_supported_client_versions()->set_go_sdk(std::string(go_version_max));
  response.mutable_supported_client_versions()->set_java_sdk(std::string(java_version_max));
  auto& stores = *response.mutable_persistence_info();
  auto& visibility = stores["visibilityStore"];
  visibility.set_backend(context.about().visibility_backend);
  auto& search = *visibility.add_features();
  search.set_key("advancedVisibilityEnabled");
  search.set_enabled(context.current_limits()->search_enabled);
  stores["historyStore"].set_backend(context.about().history_backend);
  add_membership(context, *response.mutable_membership_info());
  call->reply(response);
}

/// Counts nothing: of what was put aside in replication the log tells, and a metric.
void count_dlq(rpc_context&, body<admin::CountDLQMessagesRequest>, actors::call_ptr call) {
  call->reply(admin::CountDLQMessagesResponse());
}

void refresh_tasks(rpc_context& context, body<admin::RefreshWorkflowTasksRequest> request, actors::call_ptr call) {
  const auto view = context.look();
  auto domain = check(view.rules(), *request);
  if (!domain)
    return call->reject(domain.error());
  // The two answers are both empty, so the plain call's one serves.
  auto plain = std::make_shared<api::RefreshWorkflowTasksRequest>();
  plain->set_domain(request->domain());
  *plain->mutable_workflow_execution() = std::move(*request->mutable_workflow_execution());
  context.engine().refresh_tasks(std::move(*domain), std::move(plain), std::move(call));
}

void close_shard(rpc_context& context, body<admin::CloseShardRequest> request, actors::call_ptr call) {
  context.engine().close_shard(std::move(request), std::move(call));
}

void describe_shards(rpc_context& context, body<admin::DescribeShardDistributionRequest> request,
                     actors::call_ptr call) {
  context.engine().describe_shards(std::move(request), std::move(call));
}

} // namespace

void add_admin_methods(method_table& table) {
  using actors::engine;
  constexpr auto unlimited = rate_class::none;
  add_forward<unlimited, &engine::admin_describe_workflow>(table, service, "DescribeWorkflowExecution");
  add_forward<unlimited, &engine::update_task_list_partitions>(table, service, "UpdateTaskListPartitionConfig");
  add_forward<unlimited, &engine::delete_workflow>(table, service, "DeleteWorkflow");
  add_forward<unlimited, &engine::maintain_corrupt_workflow>(table, service, "MaintainCorruptWorkflow");
  add_forward<unlimited, &engine::raw_history>(table, service, "GetWorkflowExecutionRawHistoryV2");
  add_forward_plain<&engine::remove_task>(table, service, "RemoveTask");
  add_forward_plain<&engine::reset_queue>(table, service, "ResetQueue");
  add_forward_plain<&engine::describe_queue>(table, service, "DescribeQueue");
  add_forward_plain<&engine::describe_host>(table, service, "DescribeHistoryHost");
  table.on<admin::CloseShardRequest, &close_shard>(service, "CloseShard");
  table.on<admin::DescribeShardDistributionRequest, &describe_shards>(service, "DescribeShardDistribution");
  table.on<admin::RefreshWorkflowTasksRequest, &refresh_tasks>(service, "RefreshWorkflowTasks");
  table.on<admin::DescribeClusterRequest, &describe_cluster>(service, "DescribeCluster");
  table.on<admin::CountDLQMessagesRequest, &count_dlq>(service, "CountDLQMessages");
}

} // namespace cadenza::bridge
