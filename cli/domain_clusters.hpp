#pragma once

#include "messages/outcome.hpp"

#include "uber/cadence/api/v1/domain.pb.h"

#include <string>
#include <vector>

namespace cadenza::cli {

/// The parts between separators that are not empty.
[[nodiscard]] std::vector<std::string> parts_of(const std::string& text, char separator);

/// "scope.attribute:cluster,…" as the contract carries it.
[[nodiscard]] outcome<uber::cadence::api::v1::ActiveClusters> active_clusters(const std::string& text);

/// The same from {"scope": {"attribute": "cluster"}}, or with the names that the contract's messages have.
[[nodiscard]] outcome<uber::cadence::api::v1::ActiveClusters> active_clusters_json(const std::string& text);

} // namespace cadenza::cli
