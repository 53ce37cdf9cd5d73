#include "messages/invariant.hpp"
#include "workflow/activity.hpp"
#include "workflow/decision_task.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

namespace cadenza::workflow {

namespace {

using timeout_kind = activity_timeout;

constexpr std::array<const char*, 4> timeout_reasons = {
    "cadenceInternal:Timeout START_TO_CLOSE", "cadenceInternal:Timeout SCHEDULE_TO_START",
    "cadenceInternal:Timeout SCHEDULE_TO_CLOSE", "cadenceInternal:Timeout HEARTBEAT"};

constexpr int number_of(timeout_kind kind) { return static_cast<int>(kind); }

api::TimeoutType wire_type(timeout_kind kind) { return static_cast<api::TimeoutType>(number_of(kind) + 1); }

const std::set<activity_deadline>& deadlines_of(transaction& tx) {
  const auto& activities = tx.state().activities();
  const auto& out =
      tx.activities().index().deadlines([&](std::int64_t schedule_id) { return activities.find(schedule_id); });
  CADENZA_ASSERT(out.size() == activities.size(), "every pending activity has its place among the deadlines");
  return out;
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
      edited.set_timer_mask(edited.timer_mask() & ~(1 << number_of(timeout_kind::heartbeat)));
      changed = true;
    }
  }

  const auto now_s = tx.now() / ns_per_s;
  std::vector<activity_deadline> due;
  for (const auto& earliest : deadlines_of(tx)) {
    if (earliest.at_ns / ns_per_s > now_s)
      break;
    for_each_deadline(earliest.schedule_id, *tx.state().activities().find(earliest.schedule_id),
                      [&](const activity_deadline& d) {
                        if (d.at_ns / ns_per_s <= now_s)
                          due.push_back(d);
                      });
  }
  std::sort(due.begin(), due.end());

  bool decide = false;
  for (const auto& d : due) {
    // Closed or retried by one of the deadlines before.
    const auto* activity = tx.state().activities().find(d.schedule_id);
    if (activity == nullptr || d.attempt < activity->attempt())
      continue;
    CADENZA_ASSERT(d.attempt == activity->attempt(), "a deadline is that of an attempt that has been made");
    changed = true;
    if (retry_activity(tx, d.schedule_id, timeout_reasons[static_cast<std::size_t>(d.kind)], nullptr))
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
  const auto first = *deadlines_of(tx).begin();
  const auto bit = 1 << number_of(first.kind);
  const auto* soonest = tx.state().activities().find(first.schedule_id);
  CADENZA_ASSERT(soonest != nullptr, "a deadline is that of a pending activity");
  if ((soonest->timer_mask() & bit) != 0)
    return;
  auto& activity = *tx.activities().edit(first.schedule_id);
  activity.set_timer_mask(activity.timer_mask() | bit);
  auto& timer = tx.add_timer(rec::TIMER_ACTIVITY_TIMEOUT, first.at_ns);
  timer.set_event_id(first.schedule_id);
  timer.set_attempt(first.attempt);
  timer.set_timeout_type(wire_type(first.kind));
  timer.set_task_list(activity.task_list());
  if (first.kind == timeout_kind::heartbeat)
    activity.set_last_heartbeat_timer_s(timer.fire_ns() / ns_per_s);
}

} // namespace cadenza::workflow
