#pragma once

#include "messages/outcome.hpp"

#include <string>

namespace cadenza::storage {

/// Puts the complete visibility database at `from`, which no store has open, in the place of the one at `to`: synced,
/// renamed, and the folder synced. After a crash either of the two is at `to`, or nothing, never a part. Blocks.
[[nodiscard]] outcome<void> replace_visibility_files(const std::string& from, const std::string& to);

} // namespace cadenza::storage
