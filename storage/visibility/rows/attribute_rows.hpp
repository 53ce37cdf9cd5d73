#pragma once

#include "storage/visibility/rows/sql_value.hpp"
#include "uber/cadence/api/v1/common.pb.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace cadenza::storage::visibility {

struct attribute_row {
  std::string_view key; ///< lives as long as the attributes it was read from
  sql_value value;
};

/// The values under which a run is found. Only the JSON decides, so nothing has to be rewritten when an attribute gets
/// another type: true and false are 1 and 0; an array gives each of its values; a text that is an RFC 3339 time gives
/// its nanoseconds as well. null, objects and broken JSON give nothing.
[[nodiscard]] std::vector<attribute_row> attribute_rows(const uber::cadence::api::v1::SearchAttributes& attributes);

/// Tells sets of attributes apart; 0 for none. Stored: must never change.
[[nodiscard]] std::int64_t attributes_hash(const uber::cadence::api::v1::SearchAttributes& attributes);

} // namespace cadenza::storage::visibility
