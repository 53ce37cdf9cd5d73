#pragma once

#include "config/server_config.hpp"
#include "replication/clusters.hpp"

namespace cadenza::replication {

/// The group of the enabled clusters of the configuration. bad_request: the group has faults that the check of the
/// configuration would have told.
[[nodiscard]] outcome<cluster_group> configured_group(const config::cluster_config& from);

} // namespace cadenza::replication
