#include "workflow/timer.hpp"

#include "workflow/decision_task.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

namespace cadenza::workflow {

outcome<bool> user_timers_due(transaction& tx, const rec::TimerTask&) {
  if (!tx.state().open())
    return false;
  struct due_timer {
    std::int64_t expiry_ns;
    std::int64_t started_id;
    std::string id;
  };
  // Any task of the family wakes all timers that are due, with a precision of seconds.
  const auto now_s = tx.now() / ns_per_s;
  std::vector<due_timer> due;
  for (const auto& [id, timer] : tx.state().timers())
    if (timer.expiry_ns() / ns_per_s <= now_s)
      due.push_back({timer.expiry_ns(), timer.started_id(), id});
  if (due.empty())
    return false;
  std::sort(due.begin(), due.end(), [](const due_timer& a, const due_timer& b) {
    return std::tie(a.expiry_ns, a.started_id) < std::tie(b.expiry_ns, b.started_id);
  });
  for (auto& timer : due) {
    api::HistoryEvent e;
    auto& a = *e.mutable_timer_fired_event_attributes();
    a.set_timer_id(std::move(timer.id));
    a.set_started_event_id(timer.started_id);
    tx.add(std::move(e));
  }
  schedule_decision_if_none(tx);
  return true;
}

void schedule_user_timers(transaction& tx) {
  if (!tx.state().open())
    return;
  const std::string* first_id = nullptr;
  const rec::PendingTimer* first = nullptr;
  for (const auto& [id, timer] : tx.state().timers())
    if (first == nullptr ||
        std::pair(timer.expiry_ns(), timer.started_id()) < std::pair(first->expiry_ns(), first->started_id())) {
      first_id = &id;
      first = &timer;
    }
  if (first == nullptr || first->task_outstanding())
    return;
  auto& timer = *tx.timers().edit(*first_id);
  timer.set_task_outstanding(true);
  auto& task = tx.add_timer(rec::TIMER_USER, timer.expiry_ns());
  task.set_event_id(timer.started_id());
  task.set_task_list(tx.state().fixed().task_list());
}

} // namespace cadenza::workflow
