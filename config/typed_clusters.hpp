#pragma once

#include "config/problems.hpp"
#include "config/schema.hpp"
#include "config/server_config.hpp"

namespace cadenza::config {

/// The section `clusterGroupMetadata`: this cluster and the others of its group.
[[nodiscard]] cluster_config clusters_of(const reader& from, const frontend_config& frontend, problems& out);

/// The section `clusterLinks` and what it rests on: `so_far` has the frontend, the node and the clusters. Nothing is
/// filled in when the cluster is alone.
[[nodiscard]] cluster_links_config cluster_links_of(const reader& all, const server_config& so_far, problems& out);

} // namespace cadenza::config
