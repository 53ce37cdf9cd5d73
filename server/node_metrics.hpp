#pragma once

#include "config/metrics.hpp"

namespace cadenza {

/// The metrics of a node, for docs/metrics.md.
inline constexpr metrics::declaration node_metrics[] = {
    {"cadenza_cluster_members", metrics::kind::gauge, "",
     "Nodes that belong to the cluster, as this one knows; 0: it knows of none, or the server is alone."},
    {"cadenza_cluster_member", metrics::kind::gauge, "", "1: this node belongs to the cluster; 0: it does not."},
    {"cadenza_cluster_shards_placed", metrics::kind::gauge, "node",
     "History shards that are placed on a member, as this node knows."},
    {"cadenza_cluster_links", metrics::kind::gauge, "", "Nodes that this one reaches over an open link."},
};

} // namespace cadenza
