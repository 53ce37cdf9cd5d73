#pragma once

#include "actors/base/call.hpp"
#include "actors/base/documents.hpp"
#include "actors/base/troubles.hpp"
#include "workflow/domain_view.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"
#include "uber/cadence/api/v1/service_worker.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <memory>
#include <optional>
#include <vector>

namespace cadenza::actors {

/// A task token as clients carry it. Opaque to them; JSON with the reference system's member names.
struct task_token {
  uuid domain_id;
  std::string workflow_id;
  std::string workflow_type;
  std::optional<uuid> run_id;   ///< nothing: the current run
  std::int64_t schedule_id = 0; ///< -23: find the activity by its id
  std::int64_t schedule_attempt = 0;
  std::string activity_id;
  std::string activity_type;
  bool by_id = false; ///< a "ById" call: no attempt check
};

/// A query task's token.
struct query_token {
  uuid domain_id;
  std::string workflow_id;
  std::optional<uuid> run_id;
  std::string task_list;
  std::string task_id;
};

/// A point of the actor tree, for `admin actor list|tree`.
struct actor_info {
  std::string path; ///< "node/shard_owner/history_shard:3/workflow_run:<domain>/<workflow>/<run>"
  std::string kind;
  std::int64_t restarts = 0;
  std::int64_t mailbox = -1; ///< messages that wait in it; -1: it has not answered in time
  bool killable = true;
};

/// What is wrong inside the engine, for `/health`.
struct engine_troubles {
  std::vector<troubles::death> deaths;      ///< of the last minute
  std::vector<troubles::damage> unreadable; ///< of the store
};

/// The way into the actor tree: one function per request. Every function returns at once and may be called from any
/// thread; the answer goes to the call. Requests have passed the bridge's validation: required fields are set, ids are
/// well-formed, sizes are within limits. The engine may move parts out of the request.
class engine {
public:
  template <class T> using body = std::shared_ptr<T>;
  using outcome_text = std::string; ///< "" on success, else why not
  virtual ~engine() = default;

  /// The domains as last read; refreshed by the registry. Never null.
  [[nodiscard]] virtual workflow::directory_ptr domains() const = 0;

  // --- documents of the cluster
  virtual void change_document(document_change) = 0;

  // --- domains (answers: the matching response message)
  virtual void register_domain(body<uber::cadence::api::v1::RegisterDomainRequest>, call_ptr) = 0;
  virtual void describe_domain(body<uber::cadence::api::v1::DescribeDomainRequest>, call_ptr) = 0;
  virtual void list_domains(body<uber::cadence::api::v1::ListDomainsRequest>, call_ptr) = 0;
  virtual void update_domain(body<uber::cadence::api::v1::UpdateDomainRequest>, call_ptr) = 0;
  virtual void deprecate_domain(body<uber::cadence::api::v1::DeprecateDomainRequest>, call_ptr) = 0;
  virtual void delete_domain(body<uber::cadence::api::v1::DeleteDomainRequest>, call_ptr) = 0;
  virtual void failover_domain(body<uber::cadence::api::v1::FailoverDomainRequest>, call_ptr) = 0;
  virtual void update_isolation_groups(body<uber::cadence::admin::v1::UpdateDomainIsolationGroupsRequest>,
                                       call_ptr) = 0;
  virtual void update_async_workflow(body<uber::cadence::admin::v1::UpdateDomainAsyncWorkflowConfiguratonRequest>,
                                     call_ptr) = 0;

  // --- runs
  virtual void start(workflow::domain_ptr, body<uber::cadence::api::v1::StartWorkflowExecutionRequest>, call_ptr) = 0;
  virtual void signal_with_start(workflow::domain_ptr,
                                 body<uber::cadence::api::v1::SignalWithStartWorkflowExecutionRequest>, call_ptr) = 0;
  virtual void signal(workflow::domain_ptr, body<uber::cadence::api::v1::SignalWorkflowExecutionRequest>, call_ptr) = 0;
  virtual void request_cancel(workflow::domain_ptr, body<uber::cadence::api::v1::RequestCancelWorkflowExecutionRequest>,
                              call_ptr) = 0;
  virtual void terminate(workflow::domain_ptr, body<uber::cadence::api::v1::TerminateWorkflowExecutionRequest>,
                         call_ptr) = 0;
  virtual void reset(workflow::domain_ptr, body<uber::cadence::api::v1::ResetWorkflowExecutionRequest>, call_ptr) = 0;
  virtual void restart(workflow::domain_ptr, body<uber::cadence::api::v1::RestartWorkflowExecutionRequest>,
                       call_ptr) = 0;
  virtual void describe(workflow::domain_ptr, body<uber::cadence::api::v1::DescribeWorkflowExecutionRequest>,
                        call_ptr) = 0;
  virtual void get_history(workflow::domain_ptr, body<uber::cadence::api::v1::GetWorkflowExecutionHistoryRequest>,
                           call_ptr) = 0;
  virtual void query(workflow::domain_ptr, body<uber::cadence::api::v1::QueryWorkflowRequest>, call_ptr) = 0;
  virtual void refresh_tasks(workflow::domain_ptr, body<uber::cadence::api::v1::RefreshWorkflowTasksRequest>,
                             call_ptr) = 0;
  virtual void reset_sticky(workflow::domain_ptr, body<uber::cadence::api::v1::ResetStickyTaskListRequest>,
                            call_ptr) = 0;

  /// Hands `held` to `go` after `delay_ns`, on some thread. Never, and `held` is dropped, when the caller goes away or
  /// the engine ends before.
  virtual void wait(std::int64_t delay_ns, call_ptr held, std::function<void(call_ptr)> go) = 0;

  // --- workers
  virtual void poll_decision(workflow::domain_ptr, body<uber::cadence::api::v1::PollForDecisionTaskRequest>,
                             call_ptr) = 0;
  virtual void poll_activity(workflow::domain_ptr, body<uber::cadence::api::v1::PollForActivityTaskRequest>,
                             call_ptr) = 0;
  virtual void decision_completed(workflow::domain_ptr, task_token,
                                  body<uber::cadence::api::v1::RespondDecisionTaskCompletedRequest>, call_ptr) = 0;
  virtual void decision_failed(workflow::domain_ptr, task_token,
                               body<uber::cadence::api::v1::RespondDecisionTaskFailedRequest>, call_ptr) = 0;
  /// The ById variants are turned into these with a token whose `by_id` is set; the answer then is still the plain
  /// response (empty but for heartbeats), which the ById responses are wire-compatible with.
  virtual void heartbeat(workflow::domain_ptr, task_token,
                         body<uber::cadence::api::v1::RecordActivityTaskHeartbeatRequest>, call_ptr) = 0;
  virtual void activity_completed(workflow::domain_ptr, task_token,
                                  body<uber::cadence::api::v1::RespondActivityTaskCompletedRequest>, call_ptr) = 0;
  virtual void activity_failed(workflow::domain_ptr, task_token,
                               body<uber::cadence::api::v1::RespondActivityTaskFailedRequest>, call_ptr) = 0;
  virtual void activity_canceled(workflow::domain_ptr, task_token,
                                 body<uber::cadence::api::v1::RespondActivityTaskCanceledRequest>, call_ptr) = 0;
  virtual void query_completed(workflow::domain_ptr, query_token,
                               body<uber::cadence::api::v1::RespondQueryTaskCompletedRequest>, call_ptr) = 0;

  // --- task lists
  virtual void describe_task_list(workflow::domain_ptr, body<uber::cadence::api::v1::DescribeTaskListRequest>,
                                  call_ptr) = 0;
  virtual void list_task_list_partitions(workflow::domain_ptr,
                                         body<uber::cadence::api::v1::ListTaskListPartitionsRequest>, call_ptr) = 0;
  virtual void task_lists_of_domain(workflow::domain_ptr, body<uber::cadence::api::v1::GetTaskListsByDomainRequest>,
                                    call_ptr) = 0;
  virtual void update_task_list_partitions(workflow::domain_ptr,
                                           body<uber::cadence::admin::v1::UpdateTaskListPartitionConfigRequest>,
                                           call_ptr) = 0;

  // --- visibility
  virtual void list_open(workflow::domain_ptr, body<uber::cadence::api::v1::ListOpenWorkflowExecutionsRequest>,
                         call_ptr) = 0;
  virtual void list_closed(workflow::domain_ptr, body<uber::cadence::api::v1::ListClosedWorkflowExecutionsRequest>,
                           call_ptr) = 0;

  /// Lists and counts by query. Unless overridden they are refused, as the reference system does without a search
  /// store.
  virtual void list_by_query(workflow::domain_ptr, body<uber::cadence::api::v1::ListWorkflowExecutionsRequest>,
                             call_ptr call) {
    call->reject(bad_request("Operation is not supported"));
  }
  virtual void scan_by_query(workflow::domain_ptr, body<uber::cadence::api::v1::ScanWorkflowExecutionsRequest>,
                             call_ptr call) {
    call->reject(bad_request("Operation is not supported"));
  }
  virtual void count_by_query(workflow::domain_ptr, body<uber::cadence::api::v1::CountWorkflowExecutionsRequest>,
                              call_ptr call) {
    call->reject(bad_request("Operation is not supported"));
  }

  // --- operators
  virtual void admin_describe_workflow(workflow::domain_ptr,
                                       body<uber::cadence::admin::v1::DescribeWorkflowExecutionRequest>, call_ptr) = 0;
  virtual void close_shard(body<uber::cadence::admin::v1::CloseShardRequest>, call_ptr) = 0;
  virtual void describe_shards(body<uber::cadence::admin::v1::DescribeShardDistributionRequest>, call_ptr) = 0;
  virtual void describe_host(body<uber::cadence::admin::v1::DescribeHistoryHostRequest>, call_ptr) = 0;
  virtual void delete_workflow(workflow::domain_ptr, body<uber::cadence::admin::v1::DeleteWorkflowRequest>,
                               call_ptr) = 0;
  virtual void maintain_corrupt_workflow(workflow::domain_ptr,
                                         body<uber::cadence::admin::v1::MaintainCorruptWorkflowRequest>, call_ptr) = 0;
  virtual void raw_history(workflow::domain_ptr,
                           body<uber::cadence::admin::v1::GetWorkflowExecutionRawHistoryV2Request>, call_ptr) = 0;
  virtual void remove_task(body<uber::cadence::admin::v1::RemoveTaskRequest>, call_ptr) = 0;
  virtual void reset_queue(body<uber::cadence::admin::v1::ResetQueueRequest>, call_ptr) = 0;
  virtual void describe_queue(body<uber::cadence::admin::v1::DescribeQueueRequest>, call_ptr) = 0;

  /// Every actor alive; `done` may run on any thread.
  [[nodiscard]] virtual engine_troubles what_is_wrong() const = 0;
  virtual void list_actors(std::function<void(std::vector<actor_info>)> done) = 0;

  /// Chaos: kills the actor at `path`. `done` gets whether there was one. Refused unless chaos is enabled.
  virtual void kill_actor(std::string path, std::function<void(outcome_text)> done) = 0;
};

} // namespace cadenza::actors
