#include "actors/base/other_clusters.hpp"

#include "replication/clusters.hpp"

namespace cadenza::actors {

const replication::cluster_group& other_clusters::group() const {
  static const auto alone = *replication::cluster_group::make(10, {{"active", 0, {}}}, "active");
  return alone;
}

void other_clusters::ask(const std::string& cluster, std::uint32_t, std::string, bool, call_ptr call) {
  call->reject(unavailable("cluster " + cluster + " is not one of this group"));
}

other_clusters& other_clusters::none() {
  static other_clusters alone;
  return alone;
}

} // namespace cadenza::actors
