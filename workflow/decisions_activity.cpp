#include "messages/invariant.hpp"
#include "workflow/activity.hpp"
#include "workflow/decision_checks.hpp"
#include "workflow/decisions.hpp"
#include "workflow/retry.hpp"

namespace cadenza::workflow {

namespace {

constexpr const char* not_started_details = "ACTIVITY_ID_NOT_STARTED";
constexpr const char* unknown_id_cause = "ACTIVITY_ID_UNKNOWN";
constexpr auto bad_schedule = api::DECISION_TASK_FAILED_CAUSE_BAD_SCHEDULE_ACTIVITY_ATTRIBUTES;

} // namespace

outcome<void> decision_handler::check(const api::ScheduleActivityTaskDecisionAttributes& d,
                                      const domain_view& target) const {
  const auto& limits = *tx_.env().limits;
  CADENZA_TRY(check_cross_domain(tx_.env(), target));
  if (d.activity_id().empty())
    return bad_request("ActivityId is not set on decision.");
  if (d.activity_type().name().empty())
    return bad_request("ActivityType is not set on decision.");
  CADENZA_TRY(validate_retry_policy(d.has_retry_policy() ? &d.retry_policy() : nullptr));
  CADENZA_TRY(check_length(tx_.env(), d.activity_id(), "ActivityID", limits.lengths.activity_id));
  CADENZA_TRY(check_length(tx_.env(), d.activity_type().name(), "ActivityType", limits.lengths.activity_type));
  return check_length(tx_.env(), d.domain(), "Domain", limits.lengths.domain);
}

outcome<void> decision_handler::on(const api::ScheduleActivityTaskDecisionAttributes& d) {
  const auto& limits = *tx_.env().limits;
  const auto target = target_domain(tx_.env(), d.domain(), "Unable to schedule activity across domain ");
  if (!target)
    return target.error();
  CADENZA_TRY(checked(check(d, **target), bad_schedule));
  if (stopped_)
    return {};
  note_length(tx_.env(), d.task_list().name(), "TaskList");
  const auto list = decision_task_list(tx_.state(), d.task_list(), limits);
  if (!list)
    return reject(bad_schedule, list.error().message);

  // Only the small parts are copied for the derivation: the input may be large.
  api::ScheduleActivityTaskDecisionAttributes derived;
  *derived.mutable_schedule_to_close_timeout() = d.schedule_to_close_timeout();
  *derived.mutable_schedule_to_start_timeout() = d.schedule_to_start_timeout();
  *derived.mutable_start_to_close_timeout() = d.start_to_close_timeout();
  *derived.mutable_heartbeat_timeout() = d.heartbeat_timeout();
  if (d.has_retry_policy())
    *derived.mutable_retry_policy() = d.retry_policy();
  CADENZA_TRY(
      checked(derive_activity_timeouts(derived, tx_.state().fixed().execution_timeout_s(), limits), bad_schedule));
  if (stopped_ || too_large(d.input().data().size(), "ScheduleActivityTaskDecisionAttributes.Input"))
    return {};

  if (tx_.state().activity_by_id(d.activity_id()))
    return reject(api::DECISION_TASK_FAILED_CAUSE_SCHEDULE_ACTIVITY_DUPLICATE_ID, "");
  if (limits.pending_activities_limited &&
      tx_.state().activities().size() >= static_cast<std::size_t>(limits.pending_activities_error))
    return fail_run("PENDING_ACTIVITY_EXCEEDS_LIMIT", "Too many pending activities");

  api::HistoryEvent e;
  auto& a = *e.mutable_activity_task_scheduled_event_attributes();
  a.set_activity_id(d.activity_id());
  *a.mutable_activity_type() = d.activity_type();
  a.set_domain(d.domain());
  *a.mutable_task_list() = *list;
  if (d.has_input())
    *a.mutable_input() = d.input();
  a.mutable_schedule_to_close_timeout()->Swap(derived.mutable_schedule_to_close_timeout());
  a.mutable_schedule_to_start_timeout()->Swap(derived.mutable_schedule_to_start_timeout());
  a.mutable_start_to_close_timeout()->Swap(derived.mutable_start_to_close_timeout());
  a.mutable_heartbeat_timeout()->Swap(derived.mutable_heartbeat_timeout());
  a.set_decision_task_completed_event_id(completed_id_);
  if (derived.has_retry_policy()) {
    normalize_retry_policy(*derived.mutable_retry_policy());
    a.mutable_retry_policy()->Swap(derived.mutable_retry_policy());
  }
  if (d.has_header())
    *a.mutable_header() = d.header();
  const auto schedule_id = tx_.add(std::move(e)).event_id();
  CADENZA_ASSERT(tx_.state().activities().contains(schedule_id), "an activity that is to be done is pending");

  if (d.request_local_dispatch() && limits.local_dispatch_enabled) {
    mark_activity_started(tx_, schedule_id, tx_.env().chance->new_uuid().str(), identity_);
    const auto& activity = *tx_.state().activities().find(schedule_id);
    local_[d.activity_id()] = {schedule_id, d.activity_id(),         d.activity_type().name(),
                               0,           activity.scheduled_ns(), activity.started_ns()};
    return {};
  }
  const auto& activity = *tx_.state().activities().find(schedule_id);
  auto& task = tx_.add_transfer(rec::TRANSFER_ACTIVITY);
  task.set_schedule_id(schedule_id);
  task.set_task_list(activity.task_list());
  task.set_task_list_kind(activity.task_list_kind());
  task.set_target_domain_id((*target)->id.raw());
  task.set_schedule_to_start_s(activity.schedule_to_start_s());
  return {};
}

outcome<void> decision_handler::on(const api::RequestCancelActivityTaskDecisionAttributes& d) {
  constexpr auto bad_cancel = api::DECISION_TASK_FAILED_CAUSE_BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES;
  if (d.activity_id().empty())
    return reject(bad_cancel, "ActivityId is not set on decision.");
  const auto& env = tx_.env();
  CADENZA_TRY(checked(check_length(env, d.activity_id(), "ActivityID", env.limits->lengths.activity_id), bad_cancel));
  if (stopped_)
    return {};

  // Asked before the event is added, which sets the flag.
  const auto schedule_id = tx_.state().activity_by_id(d.activity_id());
  const bool can_cancel = schedule_id && !tx_.state().activities().find(*schedule_id)->cancel_requested();
  api::HistoryEvent requested;
  auto& r = *requested.mutable_activity_task_cancel_requested_event_attributes();
  r.set_activity_id(d.activity_id());
  r.set_decision_task_completed_event_id(completed_id_);
  const auto request_event_id = tx_.add(std::move(requested)).event_id();

  if (!can_cancel) {
    api::HistoryEvent e;
    auto& a = *e.mutable_request_cancel_activity_task_failed_event_attributes();
    a.set_activity_id(d.activity_id());
    a.set_cause(unknown_id_cause);
    a.set_decision_task_completed_event_id(completed_id_);
    tx_.add(std::move(e));
    return {};
  }
  const auto* activity = tx_.state().activities().find(*schedule_id);
  CADENZA_ASSERT(activity != nullptr && activity->cancel_requested(),
                 "a request to cancel reaches the activity that it names");
  if (activity->started_id() != no_event_id)
    return {}; // the worker learns it with its next heartbeat
  api::HistoryEvent e;
  auto& a = *e.mutable_activity_task_canceled_event_attributes();
  a.mutable_details()->set_data(not_started_details);
  a.set_latest_cancel_requested_event_id(request_event_id);
  a.set_scheduled_event_id(*schedule_id);
  a.set_started_event_id(no_event_id);
  a.set_identity(identity_);
  tx_.add(std::move(e));
  needs_decision_ = true;
  return {};
}

} // namespace cadenza::workflow
