#pragma once

#include <string>
#include <string_view>

namespace cadenza {

/// A text in quotes, escaped as Go's %q does it: what clients know from the reference system's errors.
[[nodiscard]] std::string quoted(std::string_view text);

} // namespace cadenza
