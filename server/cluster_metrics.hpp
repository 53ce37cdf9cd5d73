#pragma once

#include "config/metrics.hpp"

namespace cadenza {

/// The metrics of a cluster that is one of several, for docs/metrics.md.
inline constexpr metrics::declaration cluster_metrics[] = {
    {"cadenza_group_link_open", metrics::kind::gauge, "target_cluster",
     "1: another cluster of the group is reached over an open link; 0: it is not. Nothing when the cluster is alone."},
};

} // namespace cadenza
