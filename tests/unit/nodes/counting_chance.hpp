#pragma once

#include "workflow/environment.hpp"

#include <cstdint>

namespace cadenza::actors {

/// Chance of one process in a test: each seed draws numbers of its own, the same each time.
class counting_chance final : public workflow::entropy {
public:
  explicit counting_chance(std::int64_t seed) : state_(static_cast<std::uint64_t>(seed) << 40) {}
  [[nodiscard]] std::uint64_t next() override {
    state_ += 0x9E3779B97F4A7C15ULL;
    auto z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    return z ^ (z >> 31);
  }

private:
  std::uint64_t state_;
};

} // namespace cadenza::actors
