#pragma once

#include "messages/constants.hpp"
#include "messages/invariant.hpp"

#include <algorithm>
#include <cstdint>

namespace cadenza::actors {

/// How long a supervisor waits before it makes a dead actor anew: nothing the first time, then doubling up to a cap; a
/// life of some length starts it over.
class restart_backoff {
public:
  /// The delay before the next start, in ns, for a death at `now_ns`.
  [[nodiscard]] std::int64_t next(std::int64_t now_ns) {
    if (now_ns - started_ns_ > calm_ns)
      delay_ns_ = 0;
    const auto delay = delay_ns_;
    delay_ns_ = std::clamp(delay_ns_ * 2, first_ns, cap_ns);
    CADENZA_ASSERT(delay >= 0 && delay <= cap_ns, "an actor that has died stays away no longer than the longest pause");
    started_ns_ = now_ns + delay;
    return delay;
  }

private:
  static constexpr std::int64_t first_ns = 20 * ns_per_ms;
  static constexpr std::int64_t cap_ns = 5 * ns_per_s;
  static constexpr std::int64_t calm_ns = 10 * ns_per_s;
  std::int64_t delay_ns_ = 0;
  std::int64_t started_ns_ = 0;
};

} // namespace cadenza::actors
