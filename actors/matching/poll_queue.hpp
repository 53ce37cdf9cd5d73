#pragma once

#include "actors/matching/matching_mail.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cadenza::actors {

/// Workers that wait in a task list, longest first: those that polled it and those that its child partitions forward.
/// Polls that were answered, whose clients have gone, or that another partition gave a task are dropped on the way.
///
/// Kept by its task list; any thread may call it. While the list says that no task has a right to come first, runs take
/// polls from here, too (see poll_board).
class poll_queue {
public:
  struct entry {
    list_poll_ptr poll;
    caf::actor from; ///< the child partition that forwarded it; null: it came here
  };

  /// False when it waits here already.
  bool add(entry added, bool in_front) {
    const std::lock_guard hold(mutex_);
    drop_taken_front();
    const auto id = added.poll->id;
    if (by_id_.contains(id))
      return false;
    local_ += added.from ? 0 : 1;
    by_id_.emplace(id, entries_.insert(in_front ? entries_.begin() : entries_.end(), std::move(added)));
    return true;
  }

  /// The longest waiting poll that `fits`; from now on nobody else can take it. Its poll is null when there is none.
  /// `fits` must not call the queue.
  template <class Fits> [[nodiscard]] entry take(Fits&& fits) {
    const std::lock_guard hold(mutex_);
    return take_first([&](const entry& waiting) { return fits(*waiting.poll); });
  }
  [[nodiscard]] entry take() {
    return take([](const list_poll&) { return true; });
  }

  // --- for runs
  /// Whether runs may take polls.
  void open(bool yes) { open_.store(yes, std::memory_order_release); }
  [[nodiscard]] bool is_open() const { return open_.load(std::memory_order_acquire); }
  /// The longest waiting poll that came here, for a run that starts a task with it; null: none waits, or the queue is
  /// not open.
  [[nodiscard]] list_poll_ptr take_for_run() {
    if (!is_open())
      return nullptr;
    const std::lock_guard hold(mutex_);
    auto taken = take_first([](const entry& waiting) { return !waiting.from; });
    if (taken.poll)
      taken_by_runs_.fetch_add(1, std::memory_order_relaxed);
    return std::move(taken.poll);
  }
  [[nodiscard]] bool taken_by_runs() const { return taken_by_runs_.load(std::memory_order_relaxed) != 0; }
  /// How many runs have taken since this was asked last.
  [[nodiscard]] std::int64_t count_taken_by_runs() { return taken_by_runs_.exchange(0, std::memory_order_relaxed); }

  /// Forgets a poll; false when it is not here.
  bool erase(std::uint64_t id) {
    const std::lock_guard hold(mutex_);
    const auto i = by_id_.find(id);
    if (i == by_id_.end())
      return false;
    drop(i->second);
    return true;
  }

  /// Takes out what must not wait longer than `now_ns` and was given to nobody. Whoever gets it answers it. `next_ns`:
  /// the earliest deadline of what is left, INT64_MAX when nothing is.
  [[nodiscard]] std::vector<list_poll_ptr> take_expired(std::int64_t now_ns, std::int64_t& next_ns) {
    const std::lock_guard hold(mutex_);
    std::vector<list_poll_ptr> out;
    next_ns = INT64_MAX;
    for (auto i = entries_.begin(); i != entries_.end();) {
      if (i->poll->deadline_ns > now_ns) {
        next_ns = std::min(next_ns, i->poll->deadline_ns);
        ++i;
        continue;
      }
      if (!i->from && i->poll->given.take())
        out.push_back(i->poll);
      i = drop(i);
    }
    return out;
  }

  /// The child partition that forwarded a poll; null when it came here or is not here.
  [[nodiscard]] caf::actor from(std::uint64_t id) const {
    const std::lock_guard hold(mutex_);
    const auto i = by_id_.find(id);
    return i == by_id_.end() ? nullptr : i->second->from;
  }
  /// Shows what waits, longest first, until `look` says false. `look` must not call the queue.
  template <class Look> void for_each(Look&& look) const {
    const std::lock_guard hold(mutex_);
    for (const auto& waiting : entries_) {
      if (!look(waiting))
        return;
    }
  }
  [[nodiscard]] bool empty() const {
    const std::lock_guard hold(mutex_);
    return entries_.empty();
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard hold(mutex_);
    return entries_.size();
  }
  /// How many came here, not over a child partition.
  [[nodiscard]] std::int64_t local() const {
    const std::lock_guard hold(mutex_);
    return local_;
  }
  void clear() {
    open(false);
    const std::lock_guard hold(mutex_);
    entries_.clear();
    by_id_.clear();
    local_ = 0;
  }

  [[nodiscard]] static bool gone(const list_poll& poll) {
    return poll.given.taken() || poll.call->cancelled() || poll.call->answered();
  }

private:
  template <class Fits> entry take_first(Fits&& fits) {
    for (auto i = entries_.begin(); i != entries_.end();) {
      auto& poll = *i->poll;
      if (gone(poll)) {
        i = drop(i);
        continue;
      }
      if (!fits(*i)) {
        ++i;
        continue;
      }
      if (!poll.given.take()) {
        i = drop(i);
        continue;
      }
      entry out = std::move(*i);
      by_id_.erase(out.poll->id);
      entries_.erase(i);
      local_ -= out.from ? 0 : 1;
      return out;
    }
    return {};
  }

  void drop_taken_front() {
    while (!entries_.empty() && entries_.front().poll->given.taken())
      drop(entries_.begin());
  }

  std::list<entry>::iterator drop(std::list<entry>::iterator i) {
    by_id_.erase(i->poll->id);
    local_ -= i->from ? 0 : 1;
    return entries_.erase(i);
  }

  std::atomic<bool> open_{false};
  std::atomic<std::int64_t> taken_by_runs_{0};
  mutable std::mutex mutex_; // guards what follows
  std::list<entry> entries_;
  std::unordered_map<std::uint64_t, std::list<entry>::iterator> by_id_;
  std::int64_t local_ = 0;
};

} // namespace cadenza::actors
