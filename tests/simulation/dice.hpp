#pragma once

#include "workflow/environment.hpp"

#include <cstdint>

namespace cadenza::simulation {

/// All chance of one run: the same seed draws the same numbers.
class dice final : public workflow::entropy {
public:
  explicit dice(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t next() override {
    state_ += 0x9E3779B97F4A7C15ULL;
    auto z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  /// True `n` times of a thousand.
  [[nodiscard]] bool permille(int n) { return below(1000) < n; }
  /// A number in [low, high].
  [[nodiscard]] std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }

private:
  std::uint64_t state_;
};

} // namespace cadenza::simulation
