#pragma once

#include "messages/invariant.hpp"

#include "cadenza/record/v1/task.pb.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace cadenza::actors {

/// The stored timer tasks of a shard that are due within the window held in memory. Pure data: the shard's actor gives
/// it the time and arms one wake-up for next_due().
class timer_queue {
public:
  using key = std::pair<std::int64_t, std::int64_t>; ///< stored fire time, task id

  /// Everything stored that fires before this is in memory (or done).
  [[nodiscard]] std::int64_t window_end() const { return window_end_ns_; }
  void set_window_end(std::int64_t ns) {
    CADENZA_ASSERT(ns >= window_end_ns_, "the window of timers in memory only grows");
    window_end_ns_ = ns;
  }

  /// Adds a task whose fire time lies in the window. False when it is known already or lies beyond the window.
  bool add(record::v1::TimerTask task) {
    const key k{task.fire_ns(), task.task_id()};
    if (k.first >= window_end_ns_ || undone_.contains(k))
      return false;
    undone_.insert(k);
    due_.emplace(k, std::move(task));
    check();
    return true;
  }

  /// Takes the earliest task that is due at `now_ns`; it stays undone until done() or again().
  [[nodiscard]] std::optional<record::v1::TimerTask> take(std::int64_t now_ns) {
    const auto i = due_.begin();
    if (i == due_.end() || i->first.first > now_ns)
      return std::nullopt;
    auto task = std::move(i->second);
    due_.erase(i);
    const bool fresh = taken_.insert_or_assign(key{task.fire_ns(), task.task_id()}, task).second;
    CADENZA_ASSERT(fresh && undone_.contains({task.fire_ns(), task.task_id()}),
                   "a timer that fires is not done, and fires once at a time");
    check();
    return task;
  }

  /// `k` as stored.
  void done(const key& k) {
    const auto was_taken = taken_.erase(k);
    CADENZA_ASSERT(was_taken == 1, "a timer is done after it has fired, and once; task " + std::to_string(k.second));
    undone_.erase(k);
    check();
  }

  /// A taken task comes back: tried again at `at_ns`.
  void again(const key& k, std::int64_t at_ns) {
    const auto i = taken_.find(k);
    if (i == taken_.end())
      return;
    due_.insert_or_assign(key{at_ns, k.second}, std::move(i->second));
    taken_.erase(i);
    check();
  }

  /// Forgets a task that has become pointless. False when it is not waiting in memory.
  bool cancel(const key& k) {
    if (due_.erase(k) == 0)
      return false;
    undone_.erase(k);
    check();
    return true;
  }

  [[nodiscard]] std::optional<std::int64_t> next_due() const {
    return due_.empty() ? std::nullopt : std::optional(due_.begin()->first.first);
  }
  /// Earliest stored fire time that is not done.
  [[nodiscard]] std::optional<std::int64_t> earliest_undone() const {
    return undone_.empty() ? std::nullopt : std::optional(undone_.begin()->first);
  }
  [[nodiscard]] std::size_t size() const { return undone_.size(); }

private:
  void check() const {
    CADENZA_ASSERT(due_.size() + taken_.size() == undone_.size(),
                   "a timer that is not done waits for its time or is being carried out, one of the two");
  }

  std::int64_t window_end_ns_ = 0;
  std::map<key, record::v1::TimerTask> due_;
  std::map<key, record::v1::TimerTask> taken_;
  std::set<key> undone_;
};

} // namespace cadenza::actors
