#pragma once

#include "actors/base/clock.hpp"
#include "actors/base/engine.hpp"
#include "actors/nodes/cluster_view.hpp"
#include "actors/nodes/links.hpp"

#include <functional>
#include <memory>
#include <string>

namespace cadenza::actors {

/// The engine of a cluster, as one node sees it: requests to a run go to the node that holds its history shard, and
/// their answers come back as they are. What operators ask of a shard or a host goes to the node that has it, and what
/// is asked of all is put together here. All else is done here; polls, and what is asked of one task list, find their
/// list through matching (linked_nodes).
///
/// A request that finds its shard nowhere (it is on its way from one node to another) waits for it, up to five seconds
/// and no longer than its caller; then it is refused, UNAVAILABLE. A request is tried again only when it was not begun.
///
/// Everything given must outlive it. Thread-safe.
class routed_engine final : public engine {
public:
  /// `is_there` tells whether a shard is held here and takes requests.
  routed_engine(engine& local, const clock& time, const cluster_views& views, const node_links& links,
                std::function<bool(int shard)> is_there);

  /// Carries out what another node has forwarded (wire.v1.EngineRequest).
  void serve(const std::string& bytes, const call_ptr& call);
  /// The same for what was sent to this very node (wire.v1.NodeRequest).
  void serve_node(const std::string& bytes, const call_ptr& call);

  [[nodiscard]] workflow::directory_ptr domains() const override { return local_.domains(); }
  void change_document(document_change change) override { local_.change_document(std::move(change)); }

#define CADENZA_HERE(name, Request)                                                                                    \
  void name(body<uber::cadence::Request> request, call_ptr call) override {                                            \
    local_.name(std::move(request), std::move(call));                                                                  \
  }
  CADENZA_HERE(register_domain, api::v1::RegisterDomainRequest)
  CADENZA_HERE(describe_domain, api::v1::DescribeDomainRequest)
  CADENZA_HERE(list_domains, api::v1::ListDomainsRequest)
  CADENZA_HERE(update_domain, api::v1::UpdateDomainRequest)
  CADENZA_HERE(deprecate_domain, api::v1::DeprecateDomainRequest)
  CADENZA_HERE(delete_domain, api::v1::DeleteDomainRequest)
  CADENZA_HERE(failover_domain, api::v1::FailoverDomainRequest)
  CADENZA_HERE(update_isolation_groups, admin::v1::UpdateDomainIsolationGroupsRequest)
  CADENZA_HERE(update_async_workflow, admin::v1::UpdateDomainAsyncWorkflowConfiguratonRequest)
#undef CADENZA_HERE

#define CADENZA_HERE(name, Request)                                                                                    \
  void name(workflow::domain_ptr domain, body<uber::cadence::Request> request, call_ptr call) override {               \
    local_.name(std::move(domain), std::move(request), std::move(call));                                               \
  }
  CADENZA_HERE(poll_decision, api::v1::PollForDecisionTaskRequest)
  CADENZA_HERE(poll_activity, api::v1::PollForActivityTaskRequest)
  CADENZA_HERE(describe_task_list, api::v1::DescribeTaskListRequest)
  CADENZA_HERE(list_task_list_partitions, api::v1::ListTaskListPartitionsRequest)
  CADENZA_HERE(update_task_list_partitions, admin::v1::UpdateTaskListPartitionConfigRequest)
  CADENZA_HERE(list_open, api::v1::ListOpenWorkflowExecutionsRequest)
  CADENZA_HERE(list_closed, api::v1::ListClosedWorkflowExecutionsRequest)
  CADENZA_HERE(list_by_query, api::v1::ListWorkflowExecutionsRequest)
  CADENZA_HERE(scan_by_query, api::v1::ScanWorkflowExecutionsRequest)
  CADENZA_HERE(count_by_query, api::v1::CountWorkflowExecutionsRequest)
#undef CADENZA_HERE

  // Of the whole cluster (routed_nodes.cpp).
  void close_shard(body<uber::cadence::admin::v1::CloseShardRequest>, call_ptr) override;
  void describe_shards(body<uber::cadence::admin::v1::DescribeShardDistributionRequest>, call_ptr) override;
  /// A host is named by its node's name, or by one of its addresses.
  void describe_host(body<uber::cadence::admin::v1::DescribeHistoryHostRequest>, call_ptr) override;
  void remove_task(body<uber::cadence::admin::v1::RemoveTaskRequest>, call_ptr) override;
  void reset_queue(body<uber::cadence::admin::v1::ResetQueueRequest>, call_ptr) override;
  void describe_queue(body<uber::cadence::admin::v1::DescribeQueueRequest>, call_ptr) override;
  /// Refused when one of the nodes that have lists does not answer.
  void task_lists_of_domain(workflow::domain_ptr, body<uber::cadence::api::v1::GetTaskListsByDomainRequest>,
                            call_ptr) override;

// To runs: wherever they are.
#define CADENZA_ROUTED(name, Request) void name(workflow::domain_ptr, body<uber::cadence::Request>, call_ptr) override;
  CADENZA_ROUTED(start, api::v1::StartWorkflowExecutionRequest)
  CADENZA_ROUTED(signal_with_start, api::v1::SignalWithStartWorkflowExecutionRequest)
  CADENZA_ROUTED(signal, api::v1::SignalWorkflowExecutionRequest)
  CADENZA_ROUTED(request_cancel, api::v1::RequestCancelWorkflowExecutionRequest)
  CADENZA_ROUTED(terminate, api::v1::TerminateWorkflowExecutionRequest)
  CADENZA_ROUTED(reset, api::v1::ResetWorkflowExecutionRequest)
  CADENZA_ROUTED(restart, api::v1::RestartWorkflowExecutionRequest)
  CADENZA_ROUTED(describe, api::v1::DescribeWorkflowExecutionRequest)
  CADENZA_ROUTED(get_history, api::v1::GetWorkflowExecutionHistoryRequest)
  CADENZA_ROUTED(query, api::v1::QueryWorkflowRequest)
  CADENZA_ROUTED(refresh_tasks, api::v1::RefreshWorkflowTasksRequest)
  CADENZA_ROUTED(reset_sticky, api::v1::ResetStickyTaskListRequest)
  CADENZA_ROUTED(admin_describe_workflow, admin::v1::DescribeWorkflowExecutionRequest)
  CADENZA_ROUTED(delete_workflow, admin::v1::DeleteWorkflowRequest)
  CADENZA_ROUTED(maintain_corrupt_workflow, admin::v1::MaintainCorruptWorkflowRequest)
  CADENZA_ROUTED(raw_history, admin::v1::GetWorkflowExecutionRawHistoryV2Request)
#undef CADENZA_ROUTED
#define CADENZA_ROUTED(name, Request)                                                                                  \
  void name(workflow::domain_ptr, task_token, body<uber::cadence::api::v1::Request>, call_ptr) override;
  CADENZA_ROUTED(decision_completed, RespondDecisionTaskCompletedRequest)
  CADENZA_ROUTED(decision_failed, RespondDecisionTaskFailedRequest)
  CADENZA_ROUTED(heartbeat, RecordActivityTaskHeartbeatRequest)
  CADENZA_ROUTED(activity_completed, RespondActivityTaskCompletedRequest)
  CADENZA_ROUTED(activity_failed, RespondActivityTaskFailedRequest)
  CADENZA_ROUTED(activity_canceled, RespondActivityTaskCanceledRequest)
#undef CADENZA_ROUTED

  void query_completed(workflow::domain_ptr domain, query_token token,
                       body<uber::cadence::api::v1::RespondQueryTaskCompletedRequest> request, call_ptr call) override {
    local_.query_completed(std::move(domain), std::move(token), std::move(request), std::move(call));
  }
  void wait(std::int64_t delay_ns, call_ptr held, std::function<void(call_ptr)> go) override {
    local_.wait(delay_ns, std::move(held), std::move(go));
  }
  [[nodiscard]] engine_troubles what_is_wrong() const override { return local_.what_is_wrong(); }
  void list_actors(std::function<void(std::vector<actor_info>)> done) override { local_.list_actors(std::move(done)); }
  void kill_actor(std::string path, std::function<void(outcome_text)> done) override {
    local_.kill_actor(std::move(path), std::move(done));
  }

private:
  class errand;
  class forwarded_call;
  using errand_ptr = std::shared_ptr<errand>;

  template <int Method, auto Function, class Request>
  void to_run(workflow::domain_ptr domain, body<Request> request, call_ptr call);
  template <int Method, auto Function, class Request>
  void to_task(workflow::domain_ptr domain, task_token token, body<Request> request, call_ptr call);
  /// Has a request of a shard carried out where that is.
  template <int Method, auto Function, class Request> void to_owner(body<Request> request, call_ptr call);
  void ask_node(const std::string& node, int method, const workflow::domain_view* domain, std::string request,
                call_ptr call) const;
  [[nodiscard]] bool is_here(int shard) const;
  void go(const errand_ptr& which);
  void again(const errand_ptr& which);

  engine& local_;
  const clock& time_;
  const cluster_views& views_;
  const node_links& links_;
  const std::function<bool(int)> is_there_;
};

} // namespace cadenza::actors
