#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/cluster_news.hpp"
#include "actors/base/engine.hpp"
#include "actors/base/request_gate.hpp"
#include "actors/visibility/visibility_writer.hpp"
#include "workflow/domain_rules.hpp"

#include <caf/actor.hpp>

#include <memory>
#include <string>

namespace caf {
class actor_system;
}

namespace cadenza::actors {

class cluster_views;

struct engine_options {
  int shard_count = 16;
  engine_settings settings;
  std::shared_ptr<const live_settings> live; ///< not null
  document_sink on_document = [](document_kind, const std::string&) {};
  limit_warnings* warnings = nullptr; ///< what goes beyond warning limits is noted there; not null
  workload* work = nullptr;           ///< where is counted what the workflows do; not null
  /// Which task lists and runs are on other nodes; what it carries comes in by `deliver`.
  other_nodes* others = &other_nodes::none();
  /// The other clusters of the group; what they ask comes in by `serve_cluster`.
  other_clusters* clusters = &other_clusters::none();
  /// Make the domains of the system when they do not exist, and work for them.
  bool system_domains = false;
  bool detached_visibility = true;
  /// Of one of several nodes: it holds the shards that are placed on it. Null: all are here.
  const cluster_views* placement = nullptr;
};

/// The engine of one process: the actor tree over one store. Requests go straight to the mailbox of the actor that
/// carries them out.
///
/// Everything given must outlive it. `begin` returns at once; `ready()` is true when requests are taken. `stop` kills
/// the tree and returns when every actor is gone; requests under way answer UNAVAILABLE.
class local_engine final : public engine {
public:
  local_engine(caf::actor_system& system, storage::store& store, clock& time, workflow::entropy& chance, log::sink log,
               visibility_opener open_visibility, engine_options options);
  ~local_engine() override;

  /// The system's own workflows work through this engine, which finds runs wherever they are. Before `begin`.
  void work_through(engine& whole_cluster);
  void begin();
  /// From here on the worker of the system takes nothing new; what it has is finished until `stop`. Who waits for new
  /// events of a run gets an empty page and a token to go on with elsewhere.
  void drain();
  /// The first half of `stop`: kills the tree and returns at once. For a scheduler that only runs when told to.
  void kill();
  void stop();
  [[nodiscard]] bool ready() const;
  [[nodiscard]] const engine_counters& counters() const;
  /// A message from run to run has arrived. Any thread, until `stop`.
  void deliver(run_message_ptr message);
  /// The same for what the matching of another node says.
  void deliver(matching_message_ptr message);
  /// Another cluster of the group asks for something: see `cluster_handler`. Any thread, until `stop`.
  void serve_cluster(const std::string& from, std::uint32_t kind, std::string bytes, call_ptr call);
  /// Another node has died: no task is started any more for the workers that wait there. What it was asked is asked
  /// again, or times out, by itself.
  void node_gone(std::string node);
  /// There is another view of the cluster. Any thread, until `stop`.
  void follow_placement();
  /// Another node has changed this. Any thread, until `stop`.
  void hear(cluster_news what);
  /// Whether a shard is held here and takes requests. Any thread.
  [[nodiscard]] bool holds(int shard) const;
  /// Limits of requests to runs; none before the first call. Any thread.
  void set_request_rates(const request_rates& common, request_gate::rates_of of = {});

  // --- engine
  workflow::directory_ptr domains() const override;
  void change_document(document_change) override;
  void register_domain(body<uber::cadence::api::v1::RegisterDomainRequest>, call_ptr) override;
  void describe_domain(body<uber::cadence::api::v1::DescribeDomainRequest>, call_ptr) override;
  void list_domains(body<uber::cadence::api::v1::ListDomainsRequest>, call_ptr) override;
  void update_domain(body<uber::cadence::api::v1::UpdateDomainRequest>, call_ptr) override;
  void deprecate_domain(body<uber::cadence::api::v1::DeprecateDomainRequest>, call_ptr) override;
  void delete_domain(body<uber::cadence::api::v1::DeleteDomainRequest>, call_ptr) override;
  void failover_domain(body<uber::cadence::api::v1::FailoverDomainRequest>, call_ptr) override;
  void update_isolation_groups(body<uber::cadence::admin::v1::UpdateDomainIsolationGroupsRequest>, call_ptr) override;
  void update_async_workflow(body<uber::cadence::admin::v1::UpdateDomainAsyncWorkflowConfiguratonRequest>,
                             call_ptr) override;
  void start(workflow::domain_ptr, body<uber::cadence::api::v1::StartWorkflowExecutionRequest>, call_ptr) override;
  void signal_with_start(workflow::domain_ptr, body<uber::cadence::api::v1::SignalWithStartWorkflowExecutionRequest>,
                         call_ptr) override;
  void signal(workflow::domain_ptr, body<uber::cadence::api::v1::SignalWorkflowExecutionRequest>, call_ptr) override;
  void request_cancel(workflow::domain_ptr, body<uber::cadence::api::v1::RequestCancelWorkflowExecutionRequest>,
                      call_ptr) override;
  void terminate(workflow::domain_ptr, body<uber::cadence::api::v1::TerminateWorkflowExecutionRequest>,
                 call_ptr) override;
  void reset(workflow::domain_ptr, body<uber::cadence::api::v1::ResetWorkflowExecutionRequest>, call_ptr) override;
  void restart(workflow::domain_ptr, body<uber::cadence::api::v1::RestartWorkflowExecutionRequest>, call_ptr) override;
  void describe(workflow::domain_ptr, body<uber::cadence::api::v1::DescribeWorkflowExecutionRequest>,
                call_ptr) override;
  void get_history(workflow::domain_ptr, body<uber::cadence::api::v1::GetWorkflowExecutionHistoryRequest>,
                   call_ptr) override;
  void query(workflow::domain_ptr, body<uber::cadence::api::v1::QueryWorkflowRequest>, call_ptr) override;
  void refresh_tasks(workflow::domain_ptr, body<uber::cadence::api::v1::RefreshWorkflowTasksRequest>,
                     call_ptr) override;
  void reset_sticky(workflow::domain_ptr, body<uber::cadence::api::v1::ResetStickyTaskListRequest>, call_ptr) override;
  void wait(std::int64_t delay_ns, call_ptr held, std::function<void(call_ptr)> go) override;
  void poll_decision(workflow::domain_ptr, body<uber::cadence::api::v1::PollForDecisionTaskRequest>, call_ptr) override;
  void poll_activity(workflow::domain_ptr, body<uber::cadence::api::v1::PollForActivityTaskRequest>, call_ptr) override;
  void decision_completed(workflow::domain_ptr, task_token,
                          body<uber::cadence::api::v1::RespondDecisionTaskCompletedRequest>, call_ptr) override;
  void decision_failed(workflow::domain_ptr, task_token, body<uber::cadence::api::v1::RespondDecisionTaskFailedRequest>,
                       call_ptr) override;
  void heartbeat(workflow::domain_ptr, task_token, body<uber::cadence::api::v1::RecordActivityTaskHeartbeatRequest>,
                 call_ptr) override;
  void activity_completed(workflow::domain_ptr, task_token,
                          body<uber::cadence::api::v1::RespondActivityTaskCompletedRequest>, call_ptr) override;
  void activity_failed(workflow::domain_ptr, task_token, body<uber::cadence::api::v1::RespondActivityTaskFailedRequest>,
                       call_ptr) override;
  void activity_canceled(workflow::domain_ptr, task_token,
                         body<uber::cadence::api::v1::RespondActivityTaskCanceledRequest>, call_ptr) override;
  void query_completed(workflow::domain_ptr, query_token,
                       body<uber::cadence::api::v1::RespondQueryTaskCompletedRequest>, call_ptr) override;
  void describe_task_list(workflow::domain_ptr, body<uber::cadence::api::v1::DescribeTaskListRequest>,
                          call_ptr) override;
  void list_task_list_partitions(workflow::domain_ptr, body<uber::cadence::api::v1::ListTaskListPartitionsRequest>,
                                 call_ptr) override;
  void task_lists_of_domain(workflow::domain_ptr, body<uber::cadence::api::v1::GetTaskListsByDomainRequest>,
                            call_ptr) override;
  void update_task_list_partitions(workflow::domain_ptr,
                                   body<uber::cadence::admin::v1::UpdateTaskListPartitionConfigRequest>,
                                   call_ptr) override;
  void list_open(workflow::domain_ptr, body<uber::cadence::api::v1::ListOpenWorkflowExecutionsRequest>,
                 call_ptr) override;
  void list_closed(workflow::domain_ptr, body<uber::cadence::api::v1::ListClosedWorkflowExecutionsRequest>,
                   call_ptr) override;
  void list_by_query(workflow::domain_ptr, body<uber::cadence::api::v1::ListWorkflowExecutionsRequest>,
                     call_ptr) override;
  void scan_by_query(workflow::domain_ptr, body<uber::cadence::api::v1::ScanWorkflowExecutionsRequest>,
                     call_ptr) override;
  void count_by_query(workflow::domain_ptr, body<uber::cadence::api::v1::CountWorkflowExecutionsRequest>,
                      call_ptr) override;
  void admin_describe_workflow(workflow::domain_ptr, body<uber::cadence::admin::v1::DescribeWorkflowExecutionRequest>,
                               call_ptr) override;
  void close_shard(body<uber::cadence::admin::v1::CloseShardRequest>, call_ptr) override;
  void describe_shards(body<uber::cadence::admin::v1::DescribeShardDistributionRequest>, call_ptr) override;
  void describe_host(body<uber::cadence::admin::v1::DescribeHistoryHostRequest>, call_ptr) override;
  void delete_workflow(workflow::domain_ptr, body<uber::cadence::admin::v1::DeleteWorkflowRequest>, call_ptr) override;
  void maintain_corrupt_workflow(workflow::domain_ptr, body<uber::cadence::admin::v1::MaintainCorruptWorkflowRequest>,
                                 call_ptr) override;
  void raw_history(workflow::domain_ptr, body<uber::cadence::admin::v1::GetWorkflowExecutionRawHistoryV2Request>,
                   call_ptr) override;
  void remove_task(body<uber::cadence::admin::v1::RemoveTaskRequest>, call_ptr) override;
  void reset_queue(body<uber::cadence::admin::v1::ResetQueueRequest>, call_ptr) override;
  void describe_queue(body<uber::cadence::admin::v1::DescribeQueueRequest>, call_ptr) override;
  [[nodiscard]] engine_troubles what_is_wrong() const override;
  void list_actors(std::function<void(std::vector<actor_info>)> done) override;
  void kill_actor(std::string path, std::function<void(outcome_text)> done) override;

private:
  /// Makes those that do not exist; `done` is called when all are there or were refused.
  void make_system_domains(std::function<void()> done);

  struct state;
  std::shared_ptr<state> state_; ///< shared with what actors still hold while they end
};

} // namespace cadenza::actors
