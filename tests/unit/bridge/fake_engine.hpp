#pragma once

#include "actors/base/engine.hpp"

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace cadenza::tests {

/// What reached the engine.
struct seen_request {
  std::string function;
  std::shared_ptr<google::protobuf::Message> request;
  workflow::domain_ptr domain;
  std::optional<actors::task_token> token;
  std::optional<actors::query_token> query;
  actors::call_ptr call;
};

/// An engine that answers everything with an empty success, or with what a test says, and remembers what it saw.
class fake_engine final : public actors::engine {
public:
  using reaction = std::function<void(seen_request)>;

  fake_engine() : directory_(std::make_shared<workflow::domain_directory>()) {}

  /// What to do with each request from now on.
  void react(reaction how) {
    const std::lock_guard guard(lock_);
    reaction_ = std::move(how);
  }

  workflow::domain_ptr add_domain(const std::string& name, std::function<void(record::v1::DomainRow&)> change = {}) {
    auto domain = std::make_shared<workflow::domain_view>();
    domain->id = uuid::v4(0x1234, std::hash<std::string>{}(name));
    domain->name = name;
    domain->row.mutable_domain()->set_status(uber::cadence::api::v1::DOMAIN_STATUS_REGISTERED);
    if (change)
      change(domain->row);
    const std::lock_guard guard(lock_);
    auto next = std::make_shared<workflow::domain_directory>(*directory_);
    next->put(domain);
    directory_ = next;
    return domain;
  }

  /// The last request; waits for one.
  seen_request last() {
    std::unique_lock guard(lock_);
    arrived_.wait(guard, [this] { return !seen_.empty(); });
    auto out = std::move(seen_.back());
    seen_.clear();
    return out;
  }
  std::size_t count() {
    const std::lock_guard guard(lock_);
    return count_;
  }
  void wait_for(std::size_t total) {
    std::unique_lock guard(lock_);
    arrived_.wait(guard, [&] { return count_ >= total; });
  }

  workflow::directory_ptr domains() const override {
    const std::lock_guard guard(lock_);
    return directory_;
  }

#define CADENZA_FAKE_PLAIN(function, type)                                                                             \
  void function(body<uber::cadence::type> r, actors::call_ptr c) override { take({#function, r, {}, {}, {}, c}); }
#define CADENZA_FAKE_RUN(function, type)                                                                               \
  void function(workflow::domain_ptr d, body<uber::cadence::type> r, actors::call_ptr c) override {                    \
    take({#function, r, d, {}, {}, c});                                                                                \
  }
#define CADENZA_FAKE_TASK(function, type)                                                                              \
  void function(workflow::domain_ptr d, actors::task_token t, body<uber::cadence::type> r, actors::call_ptr c)         \
      override {                                                                                                       \
    take({#function, r, d, t, {}, c});                                                                                 \
  }
  CADENZA_FAKE_PLAIN(register_domain, api::v1::RegisterDomainRequest)
  CADENZA_FAKE_PLAIN(describe_domain, api::v1::DescribeDomainRequest)
  CADENZA_FAKE_PLAIN(list_domains, api::v1::ListDomainsRequest)
  CADENZA_FAKE_PLAIN(update_domain, api::v1::UpdateDomainRequest)
  CADENZA_FAKE_PLAIN(deprecate_domain, api::v1::DeprecateDomainRequest)
  CADENZA_FAKE_PLAIN(delete_domain, api::v1::DeleteDomainRequest)
  CADENZA_FAKE_PLAIN(failover_domain, api::v1::FailoverDomainRequest)
  CADENZA_FAKE_PLAIN(update_isolation_groups, admin::v1::UpdateDomainIsolationGroupsRequest)
  CADENZA_FAKE_PLAIN(update_async_workflow, admin::v1::UpdateDomainAsyncWorkflowConfiguratonRequest)
  CADENZA_FAKE_RUN(start, api::v1::StartWorkflowExecutionRequest)
  CADENZA_FAKE_RUN(signal_with_start, api::v1::SignalWithStartWorkflowExecutionRequest)
  CADENZA_FAKE_RUN(signal, api::v1::SignalWorkflowExecutionRequest)
  CADENZA_FAKE_RUN(request_cancel, api::v1::RequestCancelWorkflowExecutionRequest)
  CADENZA_FAKE_RUN(terminate, api::v1::TerminateWorkflowExecutionRequest)
  CADENZA_FAKE_RUN(reset, api::v1::ResetWorkflowExecutionRequest)
  CADENZA_FAKE_RUN(restart, api::v1::RestartWorkflowExecutionRequest)
  CADENZA_FAKE_RUN(describe, api::v1::DescribeWorkflowExecutionRequest)
  CADENZA_FAKE_RUN(get_history, api::v1::GetWorkflowExecutionHistoryRequest)
  CADENZA_FAKE_RUN(query, api::v1::QueryWorkflowRequest)
  CADENZA_FAKE_RUN(refresh_tasks, api::v1::RefreshWorkflowTasksRequest)
  CADENZA_FAKE_RUN(reset_sticky, api::v1::ResetStickyTaskListRequest)
  /// Goes on at once; what was asked for is kept.
  void wait(std::int64_t delay_ns, actors::call_ptr held, std::function<void(actors::call_ptr)> go) override {
    {
      const std::lock_guard guard(lock_);
      waits_ns_.push_back(delay_ns);
    }
    go(std::move(held));
  }
  std::vector<std::int64_t> waits_ns() {
    const std::lock_guard guard(lock_);
    return waits_ns_;
  }
  CADENZA_FAKE_RUN(poll_decision, api::v1::PollForDecisionTaskRequest)
  CADENZA_FAKE_RUN(poll_activity, api::v1::PollForActivityTaskRequest)
  CADENZA_FAKE_TASK(decision_completed, api::v1::RespondDecisionTaskCompletedRequest)
  CADENZA_FAKE_TASK(decision_failed, api::v1::RespondDecisionTaskFailedRequest)
  CADENZA_FAKE_TASK(heartbeat, api::v1::RecordActivityTaskHeartbeatRequest)
  CADENZA_FAKE_TASK(activity_completed, api::v1::RespondActivityTaskCompletedRequest)
  CADENZA_FAKE_TASK(activity_failed, api::v1::RespondActivityTaskFailedRequest)
  CADENZA_FAKE_TASK(activity_canceled, api::v1::RespondActivityTaskCanceledRequest)
  CADENZA_FAKE_RUN(describe_task_list, api::v1::DescribeTaskListRequest)
  CADENZA_FAKE_RUN(list_task_list_partitions, api::v1::ListTaskListPartitionsRequest)
  CADENZA_FAKE_RUN(task_lists_of_domain, api::v1::GetTaskListsByDomainRequest)
  CADENZA_FAKE_RUN(update_task_list_partitions, admin::v1::UpdateTaskListPartitionConfigRequest)
  CADENZA_FAKE_RUN(list_open, api::v1::ListOpenWorkflowExecutionsRequest)
  CADENZA_FAKE_RUN(list_closed, api::v1::ListClosedWorkflowExecutionsRequest)
  CADENZA_FAKE_RUN(admin_describe_workflow, admin::v1::DescribeWorkflowExecutionRequest)
  CADENZA_FAKE_PLAIN(close_shard, admin::v1::CloseShardRequest)
  CADENZA_FAKE_PLAIN(describe_shards, admin::v1::DescribeShardDistributionRequest)
  CADENZA_FAKE_PLAIN(describe_host, admin::v1::DescribeHistoryHostRequest)
  CADENZA_FAKE_RUN(delete_workflow, admin::v1::DeleteWorkflowRequest)
  CADENZA_FAKE_RUN(maintain_corrupt_workflow, admin::v1::MaintainCorruptWorkflowRequest)
  CADENZA_FAKE_RUN(raw_history, admin::v1::GetWorkflowExecutionRawHistoryV2Request)
  CADENZA_FAKE_PLAIN(remove_task, admin::v1::RemoveTaskRequest)
  CADENZA_FAKE_PLAIN(reset_queue, admin::v1::ResetQueueRequest)
  CADENZA_FAKE_PLAIN(describe_queue, admin::v1::DescribeQueueRequest)
#undef CADENZA_FAKE_PLAIN
#undef CADENZA_FAKE_RUN
#undef CADENZA_FAKE_TASK

  /// Documents are kept in memory; `stored` is told of them as the keeper does.
  void change_document(actors::document_change change) override {
    auto& document = documents_[static_cast<std::size_t>(change.document)];
    std::unique_lock guard(lock_);
    const auto next = change.plan(document);
    if (!next)
      return change.call->reject(next.error());
    document = *next;
    if (on_document)
      on_document(change.document, document);
    guard.unlock();
    change.done();
  }
  actors::document_sink on_document;

  void query_completed(workflow::domain_ptr d, actors::query_token t,
                       body<uber::cadence::api::v1::RespondQueryTaskCompletedRequest> r, actors::call_ptr c) override {
    take({"query_completed", r, d, {}, t, c});
  }
  [[nodiscard]] actors::engine_troubles what_is_wrong() const override { return {}; }
  void list_actors(std::function<void(std::vector<actors::actor_info>)> done) override {
    done({{"node", "node", 0, 0, false}, {"node/shard_owner", "shard_owner", 2, 1}});
  }
  void kill_actor(std::string path, std::function<void(outcome_text)> done) override {
    done(path == "node/shard_owner" ? "" : "no actor at " + path);
  }

private:
  void take(seen_request what) {
    reaction how;
    {
      const std::lock_guard guard(lock_);
      ++count_;
      how = reaction_;
      if (!how)
        seen_.push_back(what);
    }
    arrived_.notify_all();
    if (how)
      return how(std::move(what));
    what.call->reply_bytes({});
  }

  std::array<std::string, actors::document_kinds> documents_;
  mutable std::mutex lock_;
  std::condition_variable arrived_;
  workflow::directory_ptr directory_;
  std::deque<seen_request> seen_;
  std::vector<std::int64_t> waits_ns_;
  std::size_t count_ = 0;
  reaction reaction_;
};

} // namespace cadenza::tests
