#pragma once

#include <cstdint>
#include <set>

namespace cadenza::actors {

/// Which tasks of a queue are still to be done, and so up to where the queue is finished.
class ack_tracker {
public:
  /// False when it is known already.
  bool add(std::int64_t id) { return pending_.insert(id).second; }
  bool done(std::int64_t id) { return pending_.erase(id) != 0; }
  [[nodiscard]] bool contains(std::int64_t id) const { return pending_.contains(id); }
  [[nodiscard]] std::size_t size() const { return pending_.size(); }

  /// Every id up to this is finished; `settled_below`: ids below it belong to commits that are over.
  [[nodiscard]] std::int64_t level(std::int64_t settled_below) const {
    const auto first = pending_.empty() ? settled_below : *pending_.begin();
    return (first < settled_below ? first : settled_below) - 1;
  }

private:
  std::set<std::int64_t> pending_;
};

} // namespace cadenza::actors
