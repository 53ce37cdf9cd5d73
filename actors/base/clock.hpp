#pragma once

#include <cstdint>

namespace cadenza::actors {

/// Where actors get the time from. In production the system's clock, in a simulation the scheduler's virtual one.
class clock {
public:
  virtual ~clock() = default;
  /// Unix time in ns. Thread-safe.
  [[nodiscard]] virtual std::int64_t now_ns() const = 0;
};

} // namespace cadenza::actors
