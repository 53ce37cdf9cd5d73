#include "verify/verify_parts.hpp"

#include <algorithm>

/// Whatever a run waits for, a stored task must bring it: a crash now would lose everything else.
namespace cadenza::actors::verifying {
namespace {

class wakes {
public:
  wakes(const workflow::run& r, const run_tasks* tasks, const backlog& waiting, std::int64_t now_ns)
    : r_(r), tasks_(tasks), waiting_(waiting), now_ns_(now_ns) {}

  std::string missing() {
    if (r_.closed())
      return timer(rec::TIMER_DELETE_HISTORY) ? "" : "nothing will ever delete the closed run";
    if (!r_.open())
      return {};
    if (!timer(rec::TIMER_WORKFLOW_TIMEOUT))
      return "nothing ends the run when its time is over";
    if (auto out = of_decision(); !out.empty())
      return out;
    if (auto out = of_timers(); !out.empty())
      return out;
    if (auto out = of_activities(); !out.empty())
      return out;
    return of_others();
  }

private:
  static bool any(const task_brief&) { return true; }

  template <class Match> bool timer(int type, std::int64_t latest_ns, Match&& match) const {
    // Whole milliseconds; never in the past when they are made.
    if (latest_ns != INT64_MAX)
      latest_ns = std::max(latest_ns, now_ns_) + 2 * ns_per_ms;
    return tasks_ != nullptr && std::any_of(tasks_->timers.begin(), tasks_->timers.end(), [&](const task_brief& t) {
             return t.type == type && t.fire_ns <= latest_ns && match(t);
           });
  }
  bool timer(int type) const { return timer(type, INT64_MAX, any); }
  bool transfer(int type, std::int64_t event_id) const {
    return tasks_ != nullptr && std::any_of(tasks_->transfer.begin(), tasks_->transfer.end(), [&](const task_brief& t) {
             return t.type == type && t.event_id == event_id;
           });
  }
  bool in_backlog(std::int64_t schedule_id) const { return waiting_.may_hold(r_.key().run_id, schedule_id); }

  std::string of_decision() const {
    if (!r_.has_pending_decision()) {
      // A child whose parent has not told it to begin waits for nothing that is stored.
      if (r_.head().last_processed_event() == no_event_id && !r_.has_parent() && !timer(rec::TIMER_WORKFLOW_BACKOFF))
        return "nothing schedules the first decision";
      return {};
    }
    const auto& d = r_.head().decision();
    const auto same = [&](const task_brief& t) { return t.event_id == d.schedule_id() && t.attempt == d.attempt(); };
    if (r_.has_started_decision())
      return timer(rec::TIMER_DECISION_TIMEOUT, d.started_ns() + (d.timeout_s() + 1) * ns_per_s, same)
                 ? ""
                 : "nothing times out the started decision";
    return transfer(rec::TRANSFER_DECISION, d.schedule_id()) || in_backlog(d.schedule_id()) ||
                   timer(rec::TIMER_DECISION_TIMEOUT, INT64_MAX, same)
               ? ""
               : "nothing brings decision " + std::to_string(d.schedule_id()) + " to a worker";
  }

  std::string of_timers() const {
    if (r_.timers().empty())
      return {};
    auto first = INT64_MAX;
    for (const auto& [id, t] : r_.timers())
      first = std::min(first, t.expiry_ns());
    return timer(rec::TIMER_USER, first, any) ? "" : "nothing fires the first of its timers";
  }

  std::string of_activities() const {
    auto first = INT64_MAX;
    for (const auto& [id, a] : r_.activities()) {
      auto due = a.scheduled_ns() + a.schedule_to_close_s() * ns_per_s;
      if (a.started_id() == no_event_id) {
        due = std::min(due, a.scheduled_ns() + a.schedule_to_start_s() * ns_per_s);
        const bool backs_off = timer(rec::TIMER_ACTIVITY_RETRY, a.scheduled_ns(), [id = id, &a = a](const auto& t) {
          return t.event_id == id && t.attempt == a.attempt();
        });
        if (!backs_off && !transfer(rec::TRANSFER_ACTIVITY, id) && !in_backlog(id))
          return "nothing brings activity " + std::to_string(id) + " to a worker";
      } else {
        due = std::min(due, a.started_ns() + a.start_to_close_s() * ns_per_s);
        if (a.heartbeat_s() > 0)
          due = std::min(due, std::max(a.started_ns(), a.last_heartbeat_ns()) + a.heartbeat_s() * ns_per_s);
      }
      first = std::min(first, due);
    }
    return first == INT64_MAX || timer(rec::TIMER_ACTIVITY_TIMEOUT, first, any) ? ""
                                                                                : "nothing times out its activities";
  }

  std::string of_others() const {
    for (const auto& [id, child] : r_.children())
      if (child.started_id() == no_event_id && !transfer(rec::TRANSFER_START_CHILD, id))
        return "nothing starts child " + child.started_workflow_id();
    for (const auto& [id, pending] : r_.signals())
      if (!transfer(rec::TRANSFER_SIGNAL_EXTERNAL, id))
        return "nothing sends signal " + std::to_string(id);
    for (const auto& [id, pending] : r_.cancel_requests())
      if (!transfer(rec::TRANSFER_CANCEL_EXTERNAL, id))
        return "nothing sends cancel request " + std::to_string(id);
    return {};
  }

  const workflow::run& r_;
  const run_tasks* tasks_;
  const backlog& waiting_;
  const std::int64_t now_ns_;
};

} // namespace

std::string unwoken(const workflow::run& run, const run_tasks* tasks, const backlog& waiting, std::int64_t now_ns) {
  return wakes(run, tasks, waiting, now_ns).missing();
}

} // namespace cadenza::actors::verifying
