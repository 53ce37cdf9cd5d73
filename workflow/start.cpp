#include "workflow/start.hpp"

#include "messages/invariant.hpp"
#include "messages/quoted.hpp"
#include "messages/wire_time.hpp"
#include "workflow/cron.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/decisions.hpp"
#include "workflow/describe.hpp"
#include "workflow/retry.hpp"
#include "workflow/system_kinds.hpp"
#include "workflow/version_history.hpp"

#include <algorithm>

namespace cadenza::workflow {
namespace {

/// A run that wants to go with an attribute's cluster needs a domain that knows the attribute.
outcome<void> check_cluster_attribute(const api::ActiveClusterSelectionPolicy& policy, const api::Domain& domain) {
  if (!policy.has_cluster_attribute())
    return {};
  const auto& scopes = domain.active_clusters().active_clusters_by_cluster_attribute();
  const auto scope = scopes.find(policy.cluster_attribute().scope());
  if (scope == scopes.end() || !scope->second.cluster_attributes().contains(policy.cluster_attribute().name()))
    return bad_request("Cannot start workflow with a cluster attribute that is not found in the domain's metadata.");
  return {};
}

/// The history service of the reference system looks at what its frontend has looked at before, in words of its own,
/// and so do we: starts of children and of the system's own workflows come here without having passed the bridge.
outcome<void> check(const api::StartWorkflowExecutionRequest& request, const environment& env, bool needs_request_id) {
  if (!env.domain->registered())
    return bad_request("Domain is deprecated.");
  CADENZA_TRY(check_system_work(env.domain->name, request.workflow_type().name()));
  const auto& most = env.limits->lengths;
  if (needs_request_id && request.request_id().empty())
    return bad_request("Missing request ID.");
  if (seconds_of(request.execution_start_to_close_timeout()) <= 0)
    return bad_request("Missing or invalid ExecutionStartToCloseTimeoutSeconds.");
  if (seconds_of(request.task_start_to_close_timeout()) <= 0)
    return bad_request("Missing or invalid TaskStartToCloseTimeoutSeconds.");
  if (request.task_list().name().empty())
    return bad_request("Missing Tasklist.");
  if (request.workflow_type().name().empty())
    return bad_request("Missing WorkflowType.");
  if (request.workflow_id().size() > static_cast<std::size_t>(most.workflow_id))
    return bad_request("WorkflowId exceeds length limit.");
  if (request.task_list().name().size() > static_cast<std::size_t>(most.task_list))
    return bad_request("TaskList exceeds length limit.");
  if (request.workflow_type().name().size() > static_cast<std::size_t>(most.workflow_type))
    return bad_request("WorkflowType exceeds length limit.");
  CADENZA_TRY(validate_retry_policy(request.has_retry_policy() ? &request.retry_policy() : nullptr));
  return check_cluster_attribute(request.active_cluster_selection_policy(), env.domain->row.domain());
}

/// When the retry policy gives up on the whole chain of runs; 0: never.
std::int64_t expiration_ns(const api::StartWorkflowExecutionRequest& request, const carried_over& carried,
                           std::int64_t now_ns, std::int32_t backoff_s) {
  if (carried.expiration_ns != 0)
    return carried.expiration_ns;
  const std::int64_t interval_s = seconds_of(request.retry_policy().expiration_interval());
  if (!request.has_retry_policy() || interval_s <= 0)
    return 0;
  const auto exact = now_ns + (interval_s + backoff_s) * ns_per_s;
  return (exact + ns_per_ms / 2) / ns_per_ms * ns_per_ms;
}

/// Durations of a policy are whole seconds inside, and present also when they are zero.
api::RetryPolicy whole_seconds(const api::RetryPolicy& policy) {
  api::RetryPolicy out = policy;
  for (auto* d : {out.mutable_initial_interval(), out.mutable_maximum_interval(), out.mutable_expiration_interval()})
    d->set_nanos(0);
  return out;
}

/// Points of the run before this one can be used as long as its history is kept.
api::ResetPoints with_expiry(api::ResetPoints points, const std::string& continued_run_id, const environment& env) {
  const auto until = env.now_ns + env.domain->retention_days() * 86'400LL * ns_per_s;
  for (auto& point : *points.mutable_points())
    if (point.run_id() == continued_run_id && !point.has_expiring_time())
      set_time(*point.mutable_expiring_time(), until);
  return points;
}

api::HistoryEvent started_event(const transaction& tx, const api::StartWorkflowExecutionRequest& request,
                                std::int32_t backoff_s, const carried_over& carried,
                                const std::optional<parent_link>& parent) {
  const auto& env = tx.env();
  const auto own_run_id = tx.state().key().run_id.str();
  const bool continued = !carried.continued_run_id.empty();
  api::HistoryEvent e;
  auto& a = *e.mutable_workflow_execution_started_event_attributes();
  *a.mutable_workflow_type() = request.workflow_type();
  *a.mutable_task_list() = request.task_list();
  if (request.has_input())
    *a.mutable_input() = request.input();
  const auto execution_s = seconds_of(request.execution_start_to_close_timeout());
  set_seconds(*a.mutable_execution_start_to_close_timeout(), execution_s);
  set_seconds(*a.mutable_task_start_to_close_timeout(),
              std::min({seconds_of(request.task_start_to_close_timeout()),
                        static_cast<std::int32_t>(env.limits->max_decision_start_to_close_s), execution_s}));
  a.set_identity(request.identity());
  a.set_request_id(request.request_id());
  a.set_first_execution_run_id(carried.first_run_id.empty() ? own_run_id : carried.first_run_id);
  a.set_original_execution_run_id(carried.original_run_id.empty() ? own_run_id : carried.original_run_id);
  if (!continued || backoff_s > 0)
    set_seconds(*a.mutable_first_decision_task_backoff(), backoff_s);
  if (request.has_retry_policy())
    *a.mutable_retry_policy() = whole_seconds(request.retry_policy());
  a.set_attempt(carried.attempt);
  if (const auto expires = expiration_ns(request, carried, tx.now(), backoff_s); expires != 0)
    set_time(*a.mutable_expiration_time(), expires);
  a.set_cron_schedule(request.cron_schedule());
  a.set_cron_overlap_policy(request.cron_overlap_policy());
  if (!request.cron_schedule().empty())
    set_time(*a.mutable_first_scheduled_time(), carried.first_schedule_ns != 0 ? carried.first_schedule_ns : tx.now());
  if (request.has_memo())
    *a.mutable_memo() = request.memo();
  if (request.has_search_attributes())
    *a.mutable_search_attributes() = request.search_attributes();
  if (request.has_header())
    *a.mutable_header() = request.header();
  if (request.has_active_cluster_selection_policy())
    *a.mutable_active_cluster_selection_policy() = request.active_cluster_selection_policy();
  for (const auto& [name, value] : carried.partition_config)
    (*a.mutable_partition_config())[name] = value;
  if (parent) {
    auto& p = *a.mutable_parent_execution_info();
    p.set_domain_name(parent->domain);
    p.mutable_workflow_execution()->set_workflow_id(parent->workflow_id);
    p.mutable_workflow_execution()->set_run_id(parent->run_id);
    p.set_initiated_id(parent->initiated_id);
  }
  if (continued) {
    a.set_continued_execution_run_id(carried.continued_run_id);
    a.set_initiator(carried.initiator);
    if (carried.auto_reset_points)
      *a.mutable_prev_auto_reset_points() = with_expiry(*carried.auto_reset_points, carried.continued_run_id, env);
  }
  if (carried.failure)
    *a.mutable_continued_failure() = *carried.failure;
  if (carried.last_completion_result)
    a.mutable_last_completion_result()->set_data(*carried.last_completion_result);
  return e;
}

/// The first branch of the run's history: its tree is named after the run.
rec::VersionHistories new_tree(const transaction& tx) {
  rec::VersionHistories histories;
  auto& branch = *histories.add_branches()->mutable_branch();
  branch.set_tree_id(tx.state().key().run_id.raw());
  branch.set_branch_id(tx.env().chance->new_uuid().raw());
  return histories;
}

void add_signal(transaction& tx, const first_signal& signal) {
  api::HistoryEvent e;
  auto& a = *e.mutable_workflow_execution_signaled_event_attributes();
  a.set_signal_name(signal.name);
  if (signal.input)
    a.mutable_input()->set_data(*signal.input);
  a.set_identity(signal.identity);
  a.set_request_id(signal.request_id);
  tx.add(std::move(e));
}

} // namespace

void add_workflow_timeout(transaction& tx) {
  const auto& fixed = tx.state().fixed();
  auto fire =
      fixed.start_ns() + (std::int64_t{fixed.execution_timeout_s()} + fixed.first_decision_backoff_s()) * ns_per_s;
  // A retried run must not outlive its policy; the first attempt may, so that it gets its full time.
  if (fixed.attempt() > 0 && fixed.expiration_ns() != 0)
    fire = std::min(fire, fixed.expiration_ns());
  auto& timer = tx.add_timer(rec::TIMER_WORKFLOW_TIMEOUT, fire);
  timer.set_version(fixed.start_version());
  timer.set_task_list(fixed.task_list());
}

outcome<std::int32_t> first_decision_backoff(const api::StartWorkflowExecutionRequest& request,
                                             const environment& env) {
  if (request.has_first_run_at() && ns_of(request.first_run_at()) > env.now_ns)
    return static_cast<std::int32_t>(
        std::min<std::int64_t>((ns_of(request.first_run_at()) - env.now_ns) / ns_per_s, INT32_MAX));
  const auto delay_s = seconds_of(request.delay_start());
  const auto jitter_s = seconds_of(request.jitter_start());
  const auto jitter = jitter_s > 0 ? static_cast<std::int32_t>(env.chance->below(std::int64_t{jitter_s} + 1)) : 0;
  const auto sum = [](std::int64_t a, std::int64_t b) {
    return static_cast<std::int32_t>(std::min<std::int64_t>(a + b, INT32_MAX));
  };
  if (request.cron_schedule().empty())
    return sum(delay_s, jitter);
  const auto begin = env.now_ns + delay_s * ns_per_s;
  const auto wait = cron_backoff_s(request.cron_schedule(), begin, begin, request.cron_overlap_policy());
  if (!wait)
    return bad_request("Invalid CronSchedule, no next firing time found, maybe impossible date: " +
                       quoted(request.cron_schedule()));
  return sum(delay_s, std::int64_t{*wait} + jitter);
}

outcome<void> start(transaction& tx, const api::StartWorkflowExecutionRequest& request, std::int32_t backoff_s,
                    const carried_over& carried, const std::optional<parent_link>& parent,
                    const std::optional<first_signal>& signal) {
  CADENZA_ASSERT(tx.state().head().state() == run_state::none && tx.next_event_id() == first_event_id,
                 "a run starts once");
  const bool continued = !carried.continued_run_id.empty();
  // A signal with start that meets an open run needs no request id, also when it ends that run.
  if (!continued)
    CADENZA_TRY(check(request, tx.env(), !(signal && carried.in_place_of_open_run)));
  backoff_s = std::max(backoff_s, 0);
  tx.set_version_histories(new_tree(tx));
  tx.add(started_event(tx, request, backoff_s, carried, parent));
  if (!carried.earlier.empty())
    *tx.edit_fixed().mutable_earlier_requests() = carried.earlier;
  // Events name the parent's domain, and names can be given anew.
  if (parent)
    tx.edit_fixed().set_parent_domain_id(parent->domain_id.raw());
  if (const auto jitter_s = seconds_of(request.jitter_start()); jitter_s > 0)
    tx.edit_fixed().set_jitter_s(jitter_s);
  if (signal)
    add_signal(tx, *signal);

  add_workflow_timeout(tx);
  tx.add_transfer(rec::TRANSFER_RECORD_STARTED);
  const auto recorded = tx.transfer_tasks().size() - 1;
  // A child gets its first decision when its parent has recorded that it runs.
  if (!parent || continued) {
    if (backoff_s > 0)
      add_backoff_timer(tx, tx.state().fixed().start_ns() + backoff_s * ns_per_s, carried.initiator);
    else
      schedule_decision(tx);
  }
  CADENZA_ASSERT(tx.transfer_tasks()[recorded].type() == rec::TRANSFER_RECORD_STARTED,
                 "what the lists are told of a start goes with the task for it");
  *tx.transfer_tasks()[recorded].mutable_visibility() = visibility_record(tx.state(), tx.env());
  return {};
}

reuse_decision decide_reuse(const rec::CurrentRun& current, const std::string& request_id,
                            api::WorkflowIdReusePolicy policy) {
  if (!request_id.empty() && current.create_request_id() == request_id)
    return reuse_decision::use_existing;
  switch (current.state()) {
  case run_state::created:
  case run_state::running:
    return policy == api::WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING ? reuse_decision::terminate_and_start
                                                                        : reuse_decision::refuse;
  case run_state::corrupted: return reuse_decision::start_new;
  case run_state::completed: break;
  default: return reuse_decision::refuse;
  }
  switch (policy) {
  case api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE:
  case api::WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING: return reuse_decision::start_new;
  case api::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE: return reuse_decision::refuse;
  default: break;
  }
  const auto status = current.close_status();
  const bool failed = status == close_status::failed || status == close_status::canceled ||
                      status == close_status::terminated || status == close_status::timed_out;
  return failed ? reuse_decision::start_new : reuse_decision::refuse;
}

error already_started(const rec::CurrentRun& current, const std::string& workflow_id,
                      api::WorkflowIdReusePolicy policy) {
  error_detail detail;
  detail.start_request_id = current.create_request_id();
  detail.run_id = uuid::from_raw(current.run_id()).str();
  const std::string ids = " WorkflowId: " + workflow_id + ", RunId: " + detail.run_id + ".";
  const std::string rule = " Workflow ID reuse policy: ";
  std::string text;
  if (current.state() == run_state::created || current.state() == run_state::running)
    text = "Workflow execution is already running." + ids;
  else if (policy == api::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
    text = "Workflow execution already finished." + ids + rule + "reject duplicate workflow ID.";
  else
    text = "Workflow execution already finished successfully." + ids + rule +
           "allow duplicate workflow ID if last run failed.";
  return {error_kind::workflow_already_started, text, std::move(detail)};
}

rec::CurrentRun current_record(const run& r) {
  CADENZA_ASSERT(r.key().run_id != uuid{} && r.head().state() != run_state::none,
                 "the current run of a workflow id has begun");
  rec::CurrentRun out;
  out.set_format(1);
  out.set_run_id(r.key().run_id.raw());
  out.set_create_request_id(r.fixed().create_request_id());
  out.set_state(r.head().state());
  out.set_close_status(r.head().close_status());
  out.set_start_version(r.fixed().start_version());
  out.set_last_write_version(r.last_write_version());
  out.set_create_content(r.fixed().create_content());
  *out.mutable_earlier_requests() = r.closed() ? requests_until_close(r) : r.fixed().earlier_requests();
  return out;
}

} // namespace cadenza::workflow
