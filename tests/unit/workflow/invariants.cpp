#include "engine.hpp"
#include "workflow/replay_difference.hpp"

#include "workflow/version_history.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace cadenza::workflow::test {
void engine::check_replay() {
  const auto& live = state();
  const auto environment = env();
  const bool of_reset = reset_runs_.contains(subject_);
  const auto again = replay(live.key(), subject().history.batches(), live.current_branch().branch(), environment);
  BOOST_REQUIRE_MESSAGE(bool(again), (again ? "" : again.error().message));
  const auto difference = difference_from_replay(live, **again, of_reset);
  BOOST_REQUIRE_MESSAGE(difference.empty(), difference);
}

/// Whatever the run waits for, a task that will wake it must be outstanding.
void engine::check_tasks() {
  const auto& r = state();
  if (!r.open())
    return;
  const auto timer_by = [&](rec::TimerType type, std::int64_t latest_ns, auto&& matches) {
    // Fire times are whole milliseconds, and never in the past when they are made.
    latest_ns = std::max(latest_ns, now_ns) + 2 * ns_per_ms;
    return std::any_of(outstanding_timers.begin(), outstanding_timers.end(), [&](const auto& task) {
      return uuid::from_raw(task.run_id()) == subject_ && task.type() == type && task.fire_ns() <= latest_ns &&
             matches(task);
    });
  };
  const auto transfer = [&](rec::TransferType type, auto&& matches) {
    return std::any_of(outstanding_transfer.begin(), outstanding_transfer.end(), [&](const auto& task) {
      return uuid::from_raw(task.run_id()) == subject_ && task.type() == type && matches(task);
    });
  };
  const auto any = [](const auto&) { return true; };
  BOOST_REQUIRE_MESSAGE(timer_by(rec::TIMER_WORKFLOW_TIMEOUT, INT64_MAX - 2 * ns_per_ms, any),
                        "nothing ends the run in the end");
  if (r.has_pending_decision()) {
    const auto& d = r.head().decision();
    if (r.has_started_decision())
      BOOST_REQUIRE_MESSAGE(timer_by(rec::TIMER_DECISION_TIMEOUT, d.started_ns() + (d.timeout_s() + 1) * ns_per_s,
                                     [&](const auto& t) {
                                       return t.event_id() == d.schedule_id() && t.attempt() == d.attempt() &&
                                              t.timeout_type() == api::TIMEOUT_TYPE_START_TO_CLOSE;
                                     }),
                            "nothing times out the started decision");
    else
      BOOST_REQUIRE_MESSAGE(
          transfer(rec::TRANSFER_DECISION,
                   [&](const auto& t) { return t.schedule_id() == d.schedule_id() && t.task_list() == d.task_list(); }),
          "nothing dispatches the decision");
  }
  if (!r.timers().empty()) {
    auto first = INT64_MAX - 3 * ns_per_ms;
    for (const auto& [id, timer] : r.timers())
      first = std::min(first, timer.expiry_ns());
    BOOST_REQUIRE_MESSAGE(timer_by(rec::TIMER_USER, first, any), "nothing fires the first timer");
  }
  auto first = INT64_MAX;
  for (const auto& [id, a] : r.activities()) {
    auto due = a.scheduled_ns() + a.schedule_to_close_s() * ns_per_s;
    if (a.started_id() == no_event_id) {
      due = std::min(due, a.scheduled_ns() + a.schedule_to_start_s() * ns_per_s);
      const bool waits = transfer(rec::TRANSFER_ACTIVITY,
                                  [&](const auto& t) { return t.schedule_id() == id && t.attempt() == a.attempt(); });
      const bool backs_off = timer_by(rec::TIMER_ACTIVITY_RETRY, a.scheduled_ns(),
                                      [&](const auto& t) { return t.event_id() == id && t.attempt() == a.attempt(); });
      BOOST_REQUIRE_MESSAGE(waits || backs_off, "nothing dispatches activity " << id << " attempt " << a.attempt());
    } else {
      due = std::min(due, a.started_ns() + a.start_to_close_s() * ns_per_s);
      if (a.heartbeat_s() > 0)
        due = std::min(due, std::max(a.started_ns(), a.last_heartbeat_ns()) + a.heartbeat_s() * ns_per_s);
    }
    first = std::min(first, due);
  }
  if (first != INT64_MAX)
    BOOST_REQUIRE_MESSAGE(timer_by(rec::TIMER_ACTIVITY_TIMEOUT, first, any), "nothing times out the activities");
}

void engine::check_invariants() {
  const auto& r = state();
  const auto all = events(); // checks that ids are dense and task ids grow
  BOOST_REQUIRE(!all.empty());
  BOOST_REQUIRE_EQUAL(r.next_event_id(), all.back().event_id() + 1);
  BOOST_REQUIRE_EQUAL(last_event_id(r.current_branch()), all.back().event_id());
  BOOST_REQUIRE_EQUAL(r.head().last_first_event_id(), subject().history.batches().back()->events(0).event_id());
  BOOST_REQUIRE_EQUAL(r.head().last_event_task_id(), all.back().task_id());
  BOOST_REQUIRE_EQUAL(static_cast<std::size_t>(r.head().buffered_batches()), r.buffered().size());
  if (!r.has_started_decision())
    BOOST_REQUIRE_MESSAGE(r.buffered().empty(), "events stay buffered although no decision is with a worker");
  for (const auto& [id, a] : r.activities())
    BOOST_REQUIRE_MESSAGE(a.started_id() != buffered_event_id || !r.buffered().empty() || r.closed(),
                          "activity " << id << " has a started event without an id");
  std::set<std::string> activity_ids;
  for (const auto& [id, a] : r.activities())
    BOOST_REQUIRE_MESSAGE(activity_ids.insert(a.activity_id()).second, "two pending activities have one id");
  check_replay();
  check_tasks();
}

} // namespace cadenza::workflow::test
