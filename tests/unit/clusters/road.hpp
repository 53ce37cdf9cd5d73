#pragma once

#include "two_clusters.hpp"

#include <set>

namespace cadenza::actors {

/// How one cluster of the fixture reaches the other.
class two_clusters::road final : public other_clusters {
public:
  road(two_clusters& of, replication::cluster_group group) : of_(of), group_(std::move(group)) {}

  [[nodiscard]] bool any() const override { return true; }
  [[nodiscard]] const replication::cluster_group& group() const override { return group_; }
  void ask(const std::string& cluster, std::uint32_t kind, std::string bytes, bool waits, call_ptr call) override;
  /// Who waits for an answer is told that there will be none.
  void break_all();

private:
  class crossing;
  two_clusters& of_;
  const replication::cluster_group group_;
  std::set<std::weak_ptr<crossing>, std::owner_less<>> under_way_;
};

} // namespace cadenza::actors
