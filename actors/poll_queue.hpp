#pragma once

#include "actors/mail.hpp"

#include <list>
#include <unordered_map>
#include <utility>

namespace cadenza::actors {

/// Workers that wait in a task list, longest first: those that polled it and those that its child partitions forward.
/// Polls that were answered, whose clients have gone, or that another partition gave a task are dropped on the way.
class poll_queue {
public:
  struct entry {
    list_poll_ptr poll;
    caf::actor from; ///< the child partition that forwarded it; null: it came here
  };

  /// False when it waits here already.
  bool add(entry added, bool in_front) {
    const auto id = added.poll->id;
    if (by_id_.contains(id))
      return false;
    local_ += added.from ? 0 : 1;
    by_id_.emplace(id, entries_.insert(in_front ? entries_.begin() : entries_.end(), std::move(added)));
    return true;
  }

  /// The longest waiting poll that `fits`; from now on nobody else can take it. Its poll is null when there is none.
  template <class Fits> [[nodiscard]] entry take(Fits&& fits) {
    for (auto i = entries_.begin(); i != entries_.end();) {
      auto& poll = *i->poll;
      if (gone(poll)) {
        i = drop(i);
        continue;
      }
      if (!fits(poll)) {
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
  [[nodiscard]] entry take() {
    return take([](const list_poll&) { return true; });
  }

  /// Forgets a poll; false when it is not here.
  bool erase(std::uint64_t id) {
    const auto i = by_id_.find(id);
    if (i == by_id_.end())
      return false;
    local_ -= i->second->from ? 0 : 1;
    entries_.erase(i->second);
    by_id_.erase(i);
    return true;
  }

  /// Takes out, one after the other, what must not wait longer than `now_ns`.
  template <class Then> void expire(std::int64_t now_ns, Then&& then) {
    for (auto i = entries_.begin(); i != entries_.end();) {
      if (i->poll->deadline_ns > now_ns) {
        ++i;
        continue;
      }
      const auto poll = i->poll;
      i = drop(i);
      then(*poll);
    }
  }

  /// The child partition that forwarded a poll; null when it came here or is not here.
  [[nodiscard]] caf::actor from(std::uint64_t id) const {
    const auto i = by_id_.find(id);
    return i == by_id_.end() ? nullptr : i->second->from;
  }
  [[nodiscard]] const std::list<entry>& entries() const { return entries_; }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// How many came here, not over a child partition.
  [[nodiscard]] std::int64_t local() const { return local_; }
  void clear() {
    entries_.clear();
    by_id_.clear();
    local_ = 0;
  }

  [[nodiscard]] static bool gone(const list_poll& poll) {
    return poll.given.taken() || poll.answer->cancelled() || poll.answer->answered();
  }

private:
  std::list<entry>::iterator drop(std::list<entry>::iterator i) {
    by_id_.erase(i->poll->id);
    local_ -= i->from ? 0 : 1;
    return entries_.erase(i);
  }

  std::list<entry> entries_;
  std::unordered_map<std::uint64_t, std::list<entry>::iterator> by_id_;
  std::int64_t local_ = 0;
};

} // namespace cadenza::actors
