#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_set>
#include <utility>

namespace cadenza::actors {

/// Requests that have arrived and that a copy of must not be carried out once more, until they are too old to be
/// carried out at all. Known in this life of the shard only. Pure data.
class seen_requests {
public:
  /// Whether this is the first copy of a request. `from`: whoever asks; `exchange`: of the shard that asks, never used
  /// again there.
  [[nodiscard]] bool first(const std::string& from, std::int64_t exchange, std::int64_t expires_ns,
                           std::int64_t now_ns) {
    while (!in_order_.empty() && in_order_.front().first < now_ns) {
      keys_.erase(in_order_.front().second);
      in_order_.pop_front();
    }
    auto key = from + ' ' + std::to_string(exchange);
    if (!keys_.insert(key).second)
      return false;
    in_order_.emplace_back(expires_ns, std::move(key));
    return true;
  }
  [[nodiscard]] std::size_t size() const { return keys_.size(); }

private:
  std::deque<std::pair<std::int64_t, std::string>> in_order_; ///< until when; nearly in order, as all live equally long
  std::unordered_set<std::string> keys_;
};

} // namespace cadenza::actors
