#include "actors/runs/workflow_run.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace cadenza::actors {

// ---------------------------------------------------------------- timers that lost their point

std::vector<std::pair<std::int64_t, std::int64_t>> workflow_run::pointless_timers() {
  std::vector<std::pair<std::int64_t, std::int64_t>> out;
  const auto& head = state_->head();
  const auto pointless = [&](const live_timer& t) {
    if (t.type == record::v1::TIMER_DELETE_HISTORY)
      return false;
    if (!state_->open())
      return true;
    switch (t.type) {
    case record::v1::TIMER_DECISION_TIMEOUT:
      return !head.has_decision() || head.decision().schedule_id() != t.event_id ||
             head.decision().attempt() != t.attempt;
    case record::v1::TIMER_ACTIVITY_TIMEOUT:
    case record::v1::TIMER_ACTIVITY_RETRY: {
      const auto* activity = state_->activities().find(t.event_id);
      return activity == nullptr || activity->attempt() != t.attempt;
    }
    case record::v1::TIMER_USER: return state_->timer_by_started_id(t.event_id) == nullptr;
    case record::v1::TIMER_WORKFLOW_BACKOFF: return state_->has_processed_or_pending_decision();
    default: return false;
    }
  };
  std::erase_if(live_timers_, [&](const live_timer& t) {
    if (!pointless(t))
      return false;
    out.emplace_back(t.fire_ns, t.task_id);
    return true;
  });
  return out;
}

void workflow_run::remember_timers(const std::vector<record::v1::TimerTask>& added) {
  constexpr std::size_t remembered_max = 64;
  for (const auto& task : added) {
    if (live_timers_.size() >= remembered_max)
      live_timers_.erase(live_timers_.begin());
    live_timers_.push_back({task.type(), task.event_id(), task.attempt(), task.fire_ns(), task.task_id()});
  }
}

// ---------------------------------------------------------------- waiting for events

void workflow_run::wait_for_events(history_waiter waiter) {
  CADENZA_ASSERT(waiter.wake, "who waits for events of a run is woken; run " + key_.run_id.str());
  waiters_.push_back(std::move(waiter));
  arm_waiters();
}

void workflow_run::wake_waiters() {
  if (waiters_.empty() || !state_)
    return;
  std::vector<history_waiter> ready;
  std::erase_if(waiters_, [&](history_waiter& w) {
    if (state_->open() && state_->next_event_id() <= w.beyond_event_id)
      return false;
    ready.push_back(std::move(w));
    return true;
  });
  for (auto& waiter : ready)
    waiter.wake(*this, true);
}

void workflow_run::arm_waiters() {
  auto earliest = INT64_MAX;
  for (const auto& w : waiters_)
    earliest = std::min(earliest, w.deadline_ns);
  for (const auto& q : queries_)
    earliest = std::min(earliest, q.deadline_ns);
  if (earliest >= armed_for_ns_)
    return;
  armed_for_ns_ = earliest;
  const auto delay = std::max<std::int64_t>(earliest - now(), ns_per_ms);
  delayed_send(this, std::chrono::nanoseconds(delay), std::make_shared<run_mail>(waiters_due{earliest}));
}

void workflow_run::handle(waits_over&) {
  auto sleeping = std::exchange(waiters_, {});
  for (auto& waiter : sleeping)
    waiter.wake(*this, false);
}

void workflow_run::handle(waiters_due& due) {
  if (due.at_ns != armed_for_ns_)
    return; // armed for an earlier time since
  armed_for_ns_ = INT64_MAX;
  expire_queries();
  std::vector<history_waiter> over;
  std::erase_if(waiters_, [&](history_waiter& w) {
    if (w.deadline_ns > now())
      return false;
    over.push_back(std::move(w));
    return true;
  });
  for (auto& waiter : over)
    waiter.wake(*this, false);
  arm_waiters();
}

} // namespace cadenza::actors
