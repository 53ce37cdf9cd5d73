#pragma once

#include "messages/invariant.hpp"
#include "storage/store.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace cadenza::actors {

/// The parts of a stored queue that could not be read, in order and apart from each other. What lies in them has not
/// been done: no ack level may pass the first, and no clean-up may take any of it.
class lost_ranges {
public:
  /// True when it is a new one; false when it is known, or makes a known one longer.
  bool add(storage::unreadable_range range) {
    CADENZA_ASSERT(range.first > INT64_MIN && range.first <= range.last,
                   "what could not be read of a queue lies between two numbers");
    bool grown = false;
    for (auto i = ranges_.begin(); i != ranges_.end();) {
      const bool touches = range.first - 1 <= i->last && i->first - 1 <= range.last;
      if (!touches) {
        ++i;
        continue;
      }
      grown = true;
      range.first = std::min(range.first, i->first);
      range.last = std::max(range.last, i->last);
      i = ranges_.erase(i);
    }
    const auto at = std::find_if(ranges_.begin(), ranges_.end(), [&](const auto& r) { return r.first > range.first; });
    CADENZA_ASSERT(at == ranges_.begin() || std::prev(at)->last < range.first,
                   "parts of a queue that could not be read lie apart from each other");
    ranges_.insert(at, std::move(range));
    return !grown;
  }
  /// Forgets a range of just this number: an operator has removed it.
  void forget(std::int64_t number) {
    std::erase_if(ranges_, [&](const auto& r) { return r.first == number && r.last == number; });
  }

  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] const std::vector<storage::unreadable_range>& all() const { return ranges_; }
  /// `level`, or the highest in front of the first range.
  [[nodiscard]] std::int64_t held_back(std::int64_t level) const {
    return ranges_.empty() ? level : std::min(level, ranges_.front().first - 1);
  }

  /// "transfer tasks 17 to 23 cannot be read: …", one line for each.
  [[nodiscard]] std::vector<std::string> texts(const std::string& what) const {
    std::vector<std::string> out;
    for (const auto& r : ranges_)
      out.push_back(what + " " + std::to_string(r.first) + (r.last > r.first ? " to " + std::to_string(r.last) : "") +
                    " cannot be read; what is there is kept, and not carried out: " + r.why);
    return out;
  }

private:
  std::vector<storage::unreadable_range> ranges_;
};

} // namespace cadenza::actors
