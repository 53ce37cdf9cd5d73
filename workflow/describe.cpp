#include "workflow/describe.hpp"

#include "messages/wire_time.hpp"

namespace cadenza::workflow {
namespace {

api::WorkflowExecutionStatus status_of(const rec::Run& head, const rec::RunFixed& fixed) {
  if (head.state() != run_state::completed)
    return head.has_decision() || head.last_processed_event() != no_event_id || fixed.first_decision_backoff_s() == 0
               ? api::WORKFLOW_EXECUTION_STATUS_STARTED
               : api::WORKFLOW_EXECUTION_STATUS_PENDING;
  switch (head.close_status()) {
  case close_status::completed: return api::WORKFLOW_EXECUTION_STATUS_COMPLETED;
  case close_status::failed: return api::WORKFLOW_EXECUTION_STATUS_FAILED;
  case close_status::canceled: return api::WORKFLOW_EXECUTION_STATUS_CANCELED;
  case close_status::terminated: return api::WORKFLOW_EXECUTION_STATUS_TERMINATED;
  case close_status::continued_as_new: return api::WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW;
  case close_status::timed_out: return api::WORKFLOW_EXECUTION_STATUS_TIMED_OUT;
  default: return api::WORKFLOW_EXECUTION_STATUS_INVALID;
  }
}

std::int64_t execution_ns(const rec::RunFixed& fixed) {
  return fixed.start_ns() + fixed.first_decision_backoff_s() * ns_per_s;
}

void describe_task_list(const rec::RunFixed& fixed, api::TaskList& out) {
  out.set_name(fixed.task_list());
  out.set_kind(fixed.task_list_kind());
}

std::string domain_name(const domain_directory& domains, const std::string& raw_id, const std::string& known) {
  const auto found = domains.find(uuid::from_raw(raw_id));
  return found ? found->name : known;
}

void describe_info(const run& r, const domain_directory& domains, api::WorkflowExecutionInfo& info) {
  const auto& fixed = r.fixed();
  const auto& head = r.head();
  info.mutable_workflow_execution()->set_workflow_id(r.key().workflow_id);
  info.mutable_workflow_execution()->set_run_id(r.key().run_id.str());
  *info.mutable_type() = fixed.type();
  info.set_task_list(fixed.task_list());
  describe_task_list(fixed, *info.mutable_task_list_info());
  set_time(*info.mutable_start_time(), fixed.start_ns());
  set_time(*info.mutable_execution_time(), execution_ns(fixed));
  if (r.closed()) {
    set_time(*info.mutable_close_time(), head.close_time_ns());
    info.set_close_status(static_cast<api::WorkflowExecutionCloseStatus>(head.close_status()));
  }
  info.set_history_length(head.next_event_id() - first_event_id);
  if (!fixed.parent_run_id().empty()) {
    auto& parent = *info.mutable_parent_execution_info();
    if (const auto domain = uuid::parse_raw(fixed.parent_domain_id()))
      parent.set_domain_id(domain->str());
    parent.set_domain_name(domain_name(domains, fixed.parent_domain_id(), fixed.parent_domain()));
    parent.mutable_workflow_execution()->set_workflow_id(fixed.parent_workflow_id());
    parent.mutable_workflow_execution()->set_run_id(fixed.parent_run_id());
    parent.set_initiated_id(fixed.parent_initiated_id());
  }
  *info.mutable_auto_reset_points() = fixed.auto_reset_points();
  *info.mutable_memo() = fixed.memo();
  *info.mutable_search_attributes() = fixed.search_attributes();
  info.set_is_cron(!fixed.cron_schedule().empty());
  info.set_cron_schedule(fixed.cron_schedule());
  info.set_cron_overlap_policy(fixed.cron_overlap_policy() == api::CRON_OVERLAP_POLICY_INVALID
                                   ? api::CRON_OVERLAP_POLICY_SKIPPED
                                   : fixed.cron_overlap_policy());
  set_time(*info.mutable_update_time(), head.last_updated_ns());
  *info.mutable_partition_config() = fixed.partition_config();
  if (fixed.has_active_cluster_policy())
    *info.mutable_active_cluster_selection_policy() = fixed.active_cluster_policy();
}

void describe_activity(const rec::PendingActivity& activity, api::PendingActivityInfo& out) {
  out.set_activity_id(activity.activity_id());
  out.mutable_activity_type()->set_name(activity.activity_type());
  out.set_schedule_id(activity.schedule_id());
  const bool started = activity.started_id() != no_event_id;
  out.set_state(activity.cancel_requested() ? api::PENDING_ACTIVITY_STATE_CANCEL_REQUESTED
                : started                   ? api::PENDING_ACTIVITY_STATE_STARTED
                                            : api::PENDING_ACTIVITY_STATE_SCHEDULED);
  if (activity.last_heartbeat_ns() > 0) {
    set_time(*out.mutable_last_heartbeat_time(), activity.last_heartbeat_ns());
    if (activity.has_details())
      out.mutable_heartbeat_details()->set_data(activity.details());
  }
  if (out.state() == api::PENDING_ACTIVITY_STATE_SCHEDULED)
    set_time(*out.mutable_scheduled_time(), activity.scheduled_ns());
  else if (activity.started_ns() > 0)
    set_time(*out.mutable_last_started_time(), activity.started_ns());
  if (!activity.has_retry_policy())
    return;
  out.set_attempt(static_cast<std::int32_t>(activity.attempt()));
  if (activity.expiration_ns() != 0)
    set_time(*out.mutable_expiration_time(), activity.expiration_ns());
  out.set_maximum_attempts(activity.retry_policy().maximum_attempts());
  if (!activity.last_failure_reason().empty()) {
    out.mutable_last_failure()->set_reason(activity.last_failure_reason());
    out.mutable_last_failure()->set_details(activity.last_failure_details());
  }
  out.set_last_worker_identity(activity.last_worker_identity());
  out.set_started_worker_identity(activity.started_identity());
}

void describe_child(const run& r, const rec::PendingChild& child, const domain_directory& domains,
                    api::PendingChildExecutionInfo& out) {
  const auto domain_id = child.domain_id().empty() ? r.key().domain_id.raw() : child.domain_id();
  out.set_domain(domain_name(domains, domain_id, child.domain()));
  out.mutable_workflow_execution()->set_workflow_id(child.started_workflow_id());
  out.mutable_workflow_execution()->set_run_id(child.started_run_id());
  out.set_workflow_type_name(child.type());
  out.set_initiated_id(child.initiated_id());
  out.set_parent_close_policy(child.parent_close_policy());
}

void describe_decision(const rec::PendingDecision& decision, api::PendingDecisionInfo& out) {
  out.set_state(api::PENDING_DECISION_STATE_SCHEDULED);
  out.set_attempt(static_cast<std::int32_t>(decision.attempt()));
  out.set_schedule_id(decision.schedule_id());
  set_time(*out.mutable_scheduled_time(), decision.scheduled_ns());
  set_time(*out.mutable_original_scheduled_time(), decision.original_scheduled_ns());
  if (decision.started_id() != no_event_id) {
    out.set_state(api::PENDING_DECISION_STATE_STARTED);
    set_time(*out.mutable_started_time(), decision.started_ns());
  }
}

} // namespace

api::DescribeWorkflowExecutionResponse describe(const run& r, const domain_directory& domains) {
  api::DescribeWorkflowExecutionResponse out;
  const auto& fixed = r.fixed();
  auto& configuration = *out.mutable_execution_configuration();
  describe_task_list(fixed, *configuration.mutable_task_list());
  set_seconds(*configuration.mutable_execution_start_to_close_timeout(), fixed.execution_timeout_s());
  set_seconds(*configuration.mutable_task_start_to_close_timeout(), fixed.decision_timeout_s());
  describe_info(r, domains, *out.mutable_workflow_execution_info());
  for (const auto& [schedule_id, activity] : r.activities())
    describe_activity(activity, *out.add_pending_activities());
  for (const auto& [initiated_id, child] : r.children())
    describe_child(r, child, domains, *out.add_pending_children());
  if (r.head().has_decision()) // of a closed run: that nobody took before it was closed
    describe_decision(r.head().decision(), *out.mutable_pending_decision());
  return out;
}

rec::VisibilityRecord visibility_record(const run& r, const environment& env) {
  return visibility_record(r.head(), r.fixed(),
                           {env.domain->name, env.domain->row.domain().clusters_size(), env.now_ns, env.shard});
}

rec::VisibilityRecord visibility_record(const rec::Run& head, const rec::RunFixed& fixed, const record_origin& origin) {
  rec::VisibilityRecord out;
  out.set_type(fixed.type().name());
  out.set_start_ns(fixed.start_ns());
  if (fixed.first_decision_backoff_s() > 0)
    out.set_execution_ns(execution_ns(fixed));
  if (head.state() == run_state::completed) {
    out.set_close_ns(head.close_time_ns());
    out.set_close_status(head.close_status());
  }
  out.set_history_length(head.next_event_id() - first_event_id);
  if (fixed.has_memo())
    *out.mutable_memo() = fixed.memo();
  if (fixed.has_search_attributes())
    *out.mutable_search_attributes() = fixed.search_attributes();
  out.set_task_list(fixed.task_list());
  out.set_task_list_kind(fixed.task_list_kind());
  out.set_is_cron(!fixed.cron_schedule().empty());
  out.set_cron_schedule(fixed.cron_schedule());
  out.set_num_clusters(origin.clusters);
  out.set_update_ns(origin.update_ns);
  out.set_shard(origin.shard);
  out.set_execution_status(head.listed_status() != 0 ? static_cast<api::WorkflowExecutionStatus>(head.listed_status())
                                                     : status_of(head, fixed));
  out.set_scheduled_execution_ns(execution_ns(fixed));
  out.set_domain(std::string{origin.domain});
  const auto& cluster = fixed.active_cluster_policy().cluster_attribute();
  out.set_cluster_scope(cluster.scope());
  out.set_cluster_name(cluster.name());
  out.set_parent_workflow_id(fixed.parent_workflow_id());
  out.set_parent_run_id(fixed.parent_run_id());
  return out;
}

} // namespace cadenza::workflow
