#pragma once

#include <array>
#include <string_view>

namespace cadenza::config {

/// What a node may do, as Cadence's services are named.
inline constexpr std::array<std::string_view, 4> role_names{"frontend", "history", "matching", "worker"};

} // namespace cadenza::config
