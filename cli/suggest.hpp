#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cadenza::cli {

/// The candidate that `word` was most likely meant to be, or "" when none is near.
[[nodiscard]] std::string closest(std::string_view word, const std::vector<std::string>& candidates);

} // namespace cadenza::cli
