#pragma once

#include "uber/cadence/api/v1/query.pb.h"

#include <string>

namespace cadenza::cli {

/// The value of a --query_consistency_level flag; INVALID, which leaves it to the server, when not given.
[[nodiscard]] uber::cadence::api::v1::QueryConsistencyLevel consistency_of(const std::string& text);

} // namespace cadenza::cli
