#include "workflow/activity.hpp"
#include "workflow/decision_task.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <vector>

namespace cadenza::workflow {

namespace {

/// The timeouts of an activity, in the order in which they count when they are due at the same time. Also the numbers
/// of the bits in `timer_mask`.
enum timeout_kind : int { start_to_close = 0, schedule_to_start = 1, schedule_to_close = 2, heartbeat = 3 };

constexpr std::array<const char*, 4> timeout_reasons = {
    "cadenceInternal:Timeout START_TO_CLOSE", "cadenceInternal:Timeout SCHEDULE_TO_START",
    "cadenceInternal:Timeout SCHEDULE_TO_CLOSE", "cadenceInternal:Timeout HEARTBEAT"};

api::TimeoutType wire_type(timeout_kind kind) { return static_cast<api::TimeoutType>(kind + 1); }

struct deadline {
  std::int64_t at_ns = 0;
  std::int64_t schedule_id = 0;
  timeout_kind kind = start_to_close;
  std::int64_t attempt = 0;

  [[nodiscard]] bool operator<(const deadline& other) const {
    return std::tie(at_ns, schedule_id, kind) < std::tie(other.at_ns, other.schedule_id, other.kind);
  }
};

/// Calls `visit` with each deadline that `activity` has now.
template <class Visit> void for_each_deadline(const rec::PendingActivity& activity, Visit&& visit) {
  const auto at = [&](std::int64_t base_ns, std::int32_t timeout_s, timeout_kind kind) {
    visit(deadline{base_ns + timeout_s * ns_per_s, activity.schedule_id(), kind, activity.attempt()});
  };
  at(activity.scheduled_ns(), activity.schedule_to_close_s(), schedule_to_close);
  if (activity.started_id() == no_event_id) {
    at(activity.scheduled_ns(), activity.schedule_to_start_s(), schedule_to_start);
    return;
  }
  at(activity.started_ns(), activity.start_to_close_s(), start_to_close);
  if (activity.heartbeat_s() > 0)
    at(std::max(activity.started_ns(), activity.last_heartbeat_ns()), activity.heartbeat_s(), heartbeat);
}

void add_timed_out(transaction& tx, std::int64_t schedule_id, timeout_kind kind) {
  write_started_event(tx, schedule_id);
  const auto& activity = *tx.state().activities().find(schedule_id);
  api::HistoryEvent e;
  auto& a = *e.mutable_activity_task_timed_out_event_attributes();
  if (activity.has_details())
    a.mutable_details()->set_data(activity.details());
  a.set_scheduled_event_id(schedule_id);
  a.set_started_event_id(activity.started_id());
  a.set_timeout_type(wire_type(kind));
  a.mutable_last_failure()->set_reason(activity.last_failure_reason());
  a.mutable_last_failure()->set_details(activity.last_failure_details());
  tx.add(std::move(e));
}

} // namespace

outcome<bool> activities_timed_out(transaction& tx, const rec::TimerTask& timer) {
  if (!tx.state().open())
    return false;
  bool changed = false;

  // The heartbeat may have moved its deadline since this task was made: the next task is made at the new one. The
  // second kept with it tells a task that was written twice from one that is still to come.
  if (timer.timeout_type() == api::TIMEOUT_TYPE_HEARTBEAT) {
    const auto* activity = tx.state().activities().find(timer.event_id());
    if (activity != nullptr && activity->last_heartbeat_timer_s() <= timer.fire_ns() / ns_per_s) {
      auto& edited = *tx.activities().edit(timer.event_id());
      edited.set_timer_mask(edited.timer_mask() & ~(1 << heartbeat));
      changed = true;
    }
  }

  const auto now_s = tx.now() / ns_per_s;
  std::vector<deadline> due;
  for (const auto& [id, activity] : tx.state().activities())
    for_each_deadline(activity, [&](const deadline& d) {
      if (d.at_ns / ns_per_s <= now_s)
        due.push_back(d);
    });
  std::sort(due.begin(), due.end());

  bool decide = false;
  for (const auto& d : due) {
    // Closed or retried by one of the deadlines before.
    const auto* activity = tx.state().activities().find(d.schedule_id);
    if (activity == nullptr || d.attempt < activity->attempt())
      continue;
    changed = true;
    if (retry_activity(tx, d.schedule_id, timeout_reasons[d.kind], nullptr))
      continue;
    add_timed_out(tx, d.schedule_id, d.kind);
    decide = true;
  }
  if (decide)
    schedule_decision_if_none(tx);
  return changed;
}

void schedule_activity_timers(transaction& tx) {
  if (!tx.state().open() || tx.state().activities().empty())
    return;
  bool found = false;
  deadline first;
  for (const auto& [id, activity] : tx.state().activities())
    for_each_deadline(activity, [&](const deadline& d) {
      if (!found || d < first)
        first = d;
      found = true;
    });
  const auto bit = 1 << first.kind;
  if ((tx.state().activities().find(first.schedule_id)->timer_mask() & bit) != 0)
    return;
  auto& activity = *tx.activities().edit(first.schedule_id);
  activity.set_timer_mask(activity.timer_mask() | bit);
  auto& timer = tx.add_timer(rec::TIMER_ACTIVITY_TIMEOUT, first.at_ns);
  timer.set_event_id(first.schedule_id);
  timer.set_attempt(first.attempt);
  timer.set_timeout_type(wire_type(first.kind));
  timer.set_task_list(activity.task_list());
  if (first.kind == heartbeat)
    activity.set_last_heartbeat_timer_s(timer.fire_ns() / ns_per_s);
}

} // namespace cadenza::workflow
