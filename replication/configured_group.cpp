#include "replication/configured_group.hpp"

#include <utility>
#include <vector>

namespace cadenza::replication {

outcome<cluster_group> configured_group(const config::cluster_config& from) {
  std::vector<cluster> clusters;
  for (const auto& one : from.members)
    if (one.enabled)
      clusters.push_back({one.name, one.initial_failover_version, one.new_initial_failover_version});
  return cluster_group::make(from.failover_version_increment, std::move(clusters), from.current);
}

} // namespace cadenza::replication
