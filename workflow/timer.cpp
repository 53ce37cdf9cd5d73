#include "workflow/timer.hpp"

#include "messages/invariant.hpp"
#include "workflow/decision_task.hpp"

#include <tuple>
#include <vector>

namespace cadenza::workflow {

outcome<bool> user_timers_due(transaction& tx, const rec::TimerTask&) {
  if (!tx.state().open())
    return false;
  // Any task of the family wakes all timers that are due, with a precision of seconds.
  const auto now_s = tx.now() / ns_per_s;
  std::vector<timer_index::entry> due;
  for (const auto& entry : tx.state().timers().index().by_expiry()) {
    if (std::get<0>(entry) / ns_per_s > now_s)
      break;
    due.push_back(entry);
  }
  if (due.empty())
    return false;
  for (auto& [expiry_ns, started_id, id] : due) {
    api::HistoryEvent e;
    auto& a = *e.mutable_timer_fired_event_attributes();
    a.set_timer_id(std::move(id));
    a.set_started_event_id(started_id);
    tx.add(std::move(e));
  }
  schedule_decision_if_none(tx);
  return true;
}

void schedule_user_timers(transaction& tx) {
  const auto& in_order = tx.state().timers().index().by_expiry();
  CADENZA_ASSERT(in_order.size() == tx.state().timers().size(),
                 "every pending timer has its place in the order of firing");
  if (!tx.state().open() || in_order.empty())
    return;
  const auto& first_id = std::get<2>(*in_order.begin());
  const auto* first = tx.state().timers().find(first_id);
  CADENZA_ASSERT(first != nullptr, "the timer that fires next is pending");
  if (first->task_outstanding())
    return;
  auto& timer = *tx.timers().edit(first_id);
  timer.set_task_outstanding(true);
  auto& task = tx.add_timer(rec::TIMER_USER, timer.expiry_ns());
  task.set_event_id(timer.started_id());
  task.set_task_list(tx.state().fixed().task_list());
}

} // namespace cadenza::workflow
