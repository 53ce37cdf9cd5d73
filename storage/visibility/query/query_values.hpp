#pragma once

#include "storage/visibility/query/query_check.hpp"
#include "storage/visibility/query/query_parser.hpp"

#include <optional>

namespace cadenza::storage::visibility {

/// The literal as a value to compare a field of the kind with; nothing when it does not fit. A run id that is no UUID
/// is legal and equals no run.
[[nodiscard]] std::optional<query_value> literal_value(const expression& literal, value_kind kind);

} // namespace cadenza::storage::visibility
