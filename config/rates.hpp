#pragma once

#include "config/snapshot.hpp"

#include <algorithm>
#include <cstdint>

namespace cadenza::config {

/// Requests per second that a key allows, as the limiters have it: 0 is no limit. The reference system writes "no
/// limit" as the largest 32-bit number. A value of 0 lets next to nothing through: one in 1,000 s.
[[nodiscard]] inline double rate(const snapshot& now, key<std::int64_t> which, const filters& about = {}) {
  constexpr double next_to_nothing = 1e-3;
  const auto value = now.get(which, about);
  return value >= INT32_MAX ? 0 : std::max(static_cast<double>(value), next_to_nothing);
}

} // namespace cadenza::config
