#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cadenza::actors {

/// Who has polled a task list lately, for descriptions and for telling whether a sticky list or an isolation group
/// still has workers. Bounded: of too many identities the ones that polled longest ago are forgotten.
class poller_book {
public:
  struct entry {
    std::string identity;
    std::int64_t last_access_ns = 0;
    double rate = 0;
    std::string group; ///< isolation group; empty: none
  };
  static constexpr std::size_t identities_max = 2000;
  static constexpr std::size_t groups_max = 200;

  void note(const std::string& identity, std::int64_t now_ns, double rate, const std::string& group = {}) {
    last_ns_ = now_ns;
    if (!group.empty() && (groups_.contains(group) || groups_.size() < groups_max))
      groups_[group] = now_ns;
    auto at = entries_.find(identity);
    if (at == entries_.end()) {
      if (entries_.size() >= identities_max)
        forget_oldest();
      at = entries_.emplace(identity, entry{identity, 0, 0, {}}).first;
    }
    at->second.last_access_ns = now_ns;
    at->second.rate = rate;
    at->second.group = group;
  }

  /// Pollers seen within `keep_ns`; all others are forgotten.
  [[nodiscard]] std::vector<entry> recent(std::int64_t now_ns, std::int64_t keep_ns) {
    std::erase_if(entries_, [&](const auto& item) { return now_ns - item.second.last_access_ns > keep_ns; });
    std::vector<entry> out;
    out.reserve(entries_.size());
    for (const auto& [identity, e] : entries_)
      out.push_back(e);
    return out;
  }

  /// Time of the last poll; 0: never.
  [[nodiscard]] std::int64_t last_ns() const { return last_ns_; }
  /// Time of the last poll of an isolation group; 0: never.
  [[nodiscard]] std::int64_t last_of_group_ns(const std::string& group) const {
    const auto i = groups_.find(group);
    return i == groups_.end() ? 0 : i->second;
  }

private:
  /// An eighth at a time, so that a stream of new identities does not look through all of them each time.
  void forget_oldest() {
    std::vector<std::int64_t> times;
    times.reserve(entries_.size());
    for (const auto& [identity, e] : entries_)
      times.push_back(e.last_access_ns);
    const auto nth = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 8);
    std::nth_element(times.begin(), nth, times.end());
    const auto limit = *nth;
    auto left = times.size() / 8 + 1;
    std::erase_if(entries_, [&](const auto& item) {
      if (left == 0 || item.second.last_access_ns > limit)
        return false;
      --left;
      return true;
    });
  }

  std::map<std::string, entry> entries_;
  std::map<std::string, std::int64_t> groups_;
  std::int64_t last_ns_ = 0;
};

} // namespace cadenza::actors
