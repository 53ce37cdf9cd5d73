#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace cadenza::actors {

/// How far this cluster is behind what others have told or should have: one entry for each shard of theirs. For the
/// metrics. Any thread; nothing of it is stored.
class replication_lags {
public:
  /// What cluster `self` is behind shard `shard` of `cluster`.
  void set(const std::string& cluster, const std::string& self, int shard, std::int64_t lag_ns) {
    const std::lock_guard guard(lock_);
    lags_[{cluster, self}][shard] = lag_ns;
  }
  /// The shard is not followed any more.
  void forget(const std::string& cluster, const std::string& self, int shard) {
    const std::lock_guard guard(lock_);
    if (const auto at = lags_.find({cluster, self}); at != lags_.end())
      at->second.erase(shard);
  }
  using clusters = std::pair<std::string, std::string>; ///< the one that tells, the one that is told
  /// The longest of each cluster's shards, in ns.
  [[nodiscard]] std::map<clusters, std::int64_t> longest() const {
    const std::lock_guard guard(lock_);
    std::map<clusters, std::int64_t> out;
    for (const auto& [names, shards] : lags_) {
      auto& most = out[names];
      for (const auto& [shard, lag] : shards)
        most = most > lag ? most : lag;
    }
    return out;
  }

private:
  mutable std::mutex lock_; // guards what follows
  std::map<clusters, std::map<int, std::int64_t>> lags_;
};

} // namespace cadenza::actors
