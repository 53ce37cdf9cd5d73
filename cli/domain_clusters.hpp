#pragma once

#include "messages/outcome.hpp"

#include "uber/cadence/api/v1/domain.pb.h"

#include <string>
#include <vector>

namespace cadenza::cli {

/// Entries "scope.attribute:cluster" as the contract carries them.
[[nodiscard]] outcome<uber::cadence::api::v1::ActiveClusters> active_clusters(const std::vector<std::string>& entries);

/// The same from {"scope": {"attribute": "cluster"}}, or with the names that the contract's messages have.
[[nodiscard]] outcome<uber::cadence::api::v1::ActiveClusters> active_clusters_json(const std::string& text);

} // namespace cadenza::cli
