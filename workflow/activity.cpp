#include "workflow/activity.hpp"

#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/isolation.hpp"
#include "workflow/missing.hpp"
#include "workflow/retry.hpp"

#include <algorithm>

namespace cadenza::workflow {

namespace {

constexpr std::string_view schedule_to_start_reason = "cadenceInternal:Timeout SCHEDULE_TO_START";

error task_not_found() { return not_exists("activity task not found"); }

/// The activity that an answer of a worker is about.
outcome<std::int64_t> started_activity(const run& r, const activity_ref& which) {
  if (!r.open())
    return already_completed();
  std::int64_t schedule_id = which.schedule_id;
  if (which.by_id) {
    const auto found = r.activity_by_id(which.activity_id);
    if (!found)
      return bad_request("Cannot locate Activity ScheduleID");
    schedule_id = *found;
  }
  const auto* activity = r.activities().find(schedule_id);
  if (activity == nullptr || activity->started_id() == no_event_id ||
      (!which.by_id && activity->attempt() != which.attempt))
    return task_not_found();
  return schedule_id;
}

} // namespace

outcome<void> derive_activity_timeouts(api::ScheduleActivityTaskDecisionAttributes& attributes,
                                       std::int32_t workflow_timeout_s, const rules& limits) {
  std::int32_t to_close = seconds_of(attributes.schedule_to_close_timeout());
  std::int32_t to_start = seconds_of(attributes.schedule_to_start_timeout());
  std::int32_t running = seconds_of(attributes.start_to_close_timeout());
  std::int32_t heartbeat = seconds_of(attributes.heartbeat_timeout());
  if (to_close < 0 || to_start < 0 || running < 0 || heartbeat < 0)
    return bad_request("A valid timeout may not be negative.");
  for (auto* timeout : {&to_close, &to_start, &running, &heartbeat})
    *timeout = std::min(*timeout, workflow_timeout_s);

  if (to_close > 0) {
    if (to_start == 0)
      to_start = to_close;
    if (running == 0)
      running = to_close;
  } else if (to_start > 0 && running > 0) {
    to_close = static_cast<std::int32_t>(std::min<std::int64_t>(std::int64_t{to_start} + running, workflow_timeout_s));
  } else {
    return bad_request("A valid ScheduleToCloseTimeout is not set on decision.");
  }

  if (attributes.has_retry_policy()) {
    const auto& policy = attributes.retry_policy();
    auto expiration = seconds_of(policy.expiration_interval());
    if (expiration == 0 || expiration > workflow_timeout_s)
      expiration = workflow_timeout_s;
    const auto& listed = policy.non_retryable_error_reasons();
    // To retry an activity that nobody took only puts it into the same list again, so it waits there for longer.
    if (std::find(listed.begin(), listed.end(), schedule_to_start_reason) == listed.end())
      to_start = std::max(to_start, std::min(expiration, limits.activity_max_schedule_to_start_for_retry_s));
    to_close = std::max(to_close, expiration);
  }
  set_seconds(*attributes.mutable_schedule_to_close_timeout(), to_close);
  set_seconds(*attributes.mutable_schedule_to_start_timeout(), to_start);
  set_seconds(*attributes.mutable_start_to_close_timeout(), running);
  set_seconds(*attributes.mutable_heartbeat_timeout(), heartbeat);
  return {};
}

outcome<api::PollForActivityTaskResponse> start_activity(transaction& tx, std::int64_t schedule_id,
                                                         std::int64_t attempt, const std::string& request_id,
                                                         const std::string& identity) {
  const auto& r = tx.state();
  if (!r.open())
    return not_exists("workflow execution already completed");
  const auto* activity = r.activities().find(schedule_id);
  if (activity == nullptr || (attempt >= 0 && attempt != activity->attempt()))
    return task_not_found();
  const bool repeated = activity->started_id() != no_event_id;
  if (repeated && activity->request_id() != request_id)
    return internal_error("activity already started");

  const auto* scheduled = tx.event(schedule_id, activity->scheduled_batch_id());
  if (scheduled == nullptr)
    return event_not_at_hand();
  const auto& a = scheduled->activity_task_scheduled_event_attributes();
  api::PollForActivityTaskResponse task;
  task.mutable_workflow_execution()->set_workflow_id(r.key().workflow_id);
  task.mutable_workflow_execution()->set_run_id(r.key().run_id.str());
  *task.mutable_workflow_type() = r.fixed().type();
  task.set_workflow_domain(tx.env().domain->name);
  task.set_activity_id(a.activity_id());
  *task.mutable_activity_type() = a.activity_type();
  if (a.has_input())
    *task.mutable_input() = a.input();
  if (a.has_header())
    *task.mutable_header() = a.header();
  *task.mutable_schedule_to_close_timeout() = a.schedule_to_close_timeout();
  *task.mutable_start_to_close_timeout() = a.start_to_close_timeout();
  *task.mutable_heartbeat_timeout() = a.heartbeat_timeout();
  *task.mutable_scheduled_time() = scheduled->event_time();
  set_time(*task.mutable_scheduled_time_of_this_attempt(), activity->scheduled_ns());
  task.set_attempt(static_cast<std::int32_t>(activity->attempt()));
  if (activity->has_details())
    task.mutable_heartbeat_details()->set_data(activity->details());
  set_time(*task.mutable_started_time(), repeated ? activity->started_ns() : tx.now());

  if (!repeated)
    mark_activity_started(tx, schedule_id, request_id, identity);
  return task;
}

void mark_activity_started(transaction& tx, std::int64_t schedule_id, const std::string& request_id,
                           const std::string& identity) {
  const auto* activity = tx.state().activities().find(schedule_id);
  CADENZA_ASSERT(activity != nullptr && activity->started_id() == no_event_id,
                 "an activity that starts is pending, and nobody has it");
  if (!activity->has_retry_policy()) {
    api::HistoryEvent e;
    auto& a = *e.mutable_activity_task_started_event_attributes();
    a.set_scheduled_event_id(schedule_id);
    a.set_identity(identity);
    a.set_request_id(request_id);
    a.set_attempt(static_cast<std::int32_t>(activity->attempt()));
    a.mutable_last_failure(); // clients get an empty one rather than none
    tx.add(std::move(e));
    return;
  }
  auto& changed = *tx.activities().edit(schedule_id);
  changed.set_version(tx.version());
  changed.set_started_id(transient_event_id);
  changed.set_request_id(request_id);
  changed.set_started_ns(tx.now());
  changed.set_last_heartbeat_ns(tx.now());
  changed.set_started_identity(identity);
}

void write_started_event(transaction& tx, std::int64_t schedule_id) {
  const auto* activity = tx.state().activities().find(schedule_id);
  if (activity == nullptr || activity->started_id() != transient_event_id)
    return;
  api::HistoryEvent e;
  auto& a = *e.mutable_activity_task_started_event_attributes();
  a.set_scheduled_event_id(schedule_id);
  a.set_identity(activity->started_identity());
  a.set_request_id(activity->request_id());
  a.set_attempt(static_cast<std::int32_t>(activity->attempt()));
  a.mutable_last_failure()->set_reason(activity->last_failure_reason());
  a.mutable_last_failure()->set_details(activity->last_failure_details());
  const auto started_ns = activity->started_ns();
  tx.add_at(std::move(e), started_ns);
  CADENZA_ASSERT(tx.state().activities().find(schedule_id)->started_id() != transient_event_id,
                 "the start of an activity is written before its end");
}

outcome<bool> record_heartbeat(transaction& tx, const activity_ref& which,
                               const api::RecordActivityTaskHeartbeatRequest& request) {
  const auto schedule_id = started_activity(tx.state(), which);
  if (!schedule_id)
    return schedule_id.error();
  auto& activity = *tx.activities().edit(*schedule_id);
  activity.set_version(tx.version());
  activity.set_has_details(request.has_details());
  activity.set_details(request.details().data());
  activity.set_last_heartbeat_ns(tx.now());
  return activity.cancel_requested();
}

outcome<void> complete_activity(transaction& tx, const activity_ref& which,
                                const api::RespondActivityTaskCompletedRequest& request) {
  const auto schedule_id = started_activity(tx.state(), which);
  if (!schedule_id)
    return schedule_id.error();
  write_started_event(tx, *schedule_id);
  api::HistoryEvent e;
  auto& a = *e.mutable_activity_task_completed_event_attributes();
  if (request.has_result())
    *a.mutable_result() = request.result();
  a.set_scheduled_event_id(*schedule_id);
  a.set_started_event_id(tx.state().activities().find(*schedule_id)->started_id());
  a.set_identity(request.identity());
  tx.add(std::move(e));
  schedule_decision_if_none(tx);
  return {};
}

outcome<void> fail_activity(transaction& tx, const activity_ref& which,
                            const api::RespondActivityTaskFailedRequest& request) {
  const auto schedule_id = started_activity(tx.state(), which);
  if (!schedule_id)
    return schedule_id.error();
  if (retry_activity(tx, *schedule_id, request.failure().reason(), &request.failure().details()))
    return {};
  write_started_event(tx, *schedule_id);
  api::HistoryEvent e;
  auto& a = *e.mutable_activity_task_failed_event_attributes();
  if (request.has_failure())
    *a.mutable_failure() = request.failure();
  a.set_scheduled_event_id(*schedule_id);
  a.set_started_event_id(tx.state().activities().find(*schedule_id)->started_id());
  a.set_identity(request.identity());
  tx.add(std::move(e));
  schedule_decision_if_none(tx);
  return {};
}

outcome<void> cancel_activity(transaction& tx, const activity_ref& which,
                              const api::RespondActivityTaskCanceledRequest& request) {
  const auto schedule_id = started_activity(tx.state(), which);
  if (!schedule_id)
    return schedule_id.error();
  if (!tx.state().activities().find(*schedule_id)->cancel_requested())
    return internal_error("Unable to add ActivityTaskCanceled event to history.");
  write_started_event(tx, *schedule_id);
  const auto& activity = *tx.state().activities().find(*schedule_id);
  api::HistoryEvent e;
  auto& a = *e.mutable_activity_task_canceled_event_attributes();
  if (request.has_details())
    *a.mutable_details() = request.details();
  a.set_latest_cancel_requested_event_id(activity.cancel_request_id());
  a.set_scheduled_event_id(*schedule_id);
  a.set_started_event_id(activity.started_id());
  a.set_identity(request.identity());
  tx.add(std::move(e));
  schedule_decision_if_none(tx);
  return {};
}

bool retry_activity(transaction& tx, std::int64_t schedule_id, const std::string& reason, const std::string* details) {
  const auto* activity = tx.state().activities().find(schedule_id);
  CADENZA_ASSERT(activity != nullptr, "an activity that is to be tried again is pending");
  if (!activity->has_retry_policy() || activity->cancel_requested())
    return false;
  const auto backoff_ns =
      retry_backoff_ns(activity->retry_policy(), activity->attempt(), activity->expiration_ns(), tx.now(), reason);
  if (!backoff_ns)
    return false;
  auto& changed = *tx.activities().edit(schedule_id);
  changed.set_version(tx.version());
  changed.set_attempt(changed.attempt() + 1);
  CADENZA_ASSERT(changed.retry_policy().maximum_attempts() == 0 ||
                     changed.attempt() < changed.retry_policy().maximum_attempts(),
                 "an activity is not tried more often than its policy allows");
  changed.set_scheduled_ns(tx.now() + *backoff_ns);
  changed.set_schedule_to_close_base_ns(changed.scheduled_ns());
  changed.set_started_id(no_event_id);
  changed.clear_request_id();
  changed.clear_started_ns();
  changed.clear_timer_mask();
  changed.set_last_failure_reason(reason);
  changed.set_last_failure_details(details != nullptr ? *details : std::string());
  changed.set_last_worker_identity(changed.started_identity());
  auto& timer = tx.add_timer(rec::TIMER_ACTIVITY_RETRY, changed.scheduled_ns());
  timer.set_event_id(schedule_id);
  timer.set_attempt(changed.attempt());
  timer.set_task_list(changed.task_list());
  return true;
}

std::optional<rec::TransferTask> activity_retry_due(const run& r, const rec::TimerTask& timer) {
  if (!r.open())
    return std::nullopt;
  const auto* activity = r.activities().find(timer.event_id());
  if (activity == nullptr || timer.attempt() < activity->attempt() || activity->started_id() != no_event_id ||
      timer.version() != activity->version())
    return std::nullopt;
  rec::TransferTask task;
  task.set_format(1);
  task.set_type(rec::TRANSFER_ACTIVITY);
  task.set_domain_id(r.key().domain_id.raw());
  task.set_workflow_id(r.key().workflow_id);
  task.set_run_id(r.key().run_id.raw());
  task.set_version(activity->version());
  task.set_created_ns(timer.fire_ns());
  task.set_schedule_id(activity->schedule_id());
  task.set_task_list(activity->task_list());
  task.set_task_list_kind(activity->task_list_kind());
  task.set_target_domain_id(activity->target_domain_id());
  task.set_schedule_to_start_s(activity->schedule_to_start_s());
  task.set_attempt(activity->attempt());
  note_isolation_group(task, r);
  return task;
}

} // namespace cadenza::workflow
