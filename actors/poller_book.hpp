#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cadenza::actors {

/// Who has polled a task list lately, for descriptions and for telling whether a sticky list still has its worker.
class poller_book {
public:
  struct entry {
    std::string identity;
    std::int64_t last_access_ns = 0;
    double rate = 0;
  };

  void note(const std::string& identity, std::int64_t now_ns, double rate) {
    auto& e = entries_[identity];
    e = {identity, now_ns, rate};
    last_ns_ = now_ns;
  }

  /// Pollers seen within `keep_ns`, oldest forgotten.
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

private:
  std::map<std::string, entry> entries_;
  std::int64_t last_ns_ = 0;
};

} // namespace cadenza::actors
