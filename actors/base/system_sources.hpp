#pragma once

#include "actors/base/clock.hpp"
#include "workflow/environment.hpp"

namespace cadenza::actors {

/// The system's clock.
class system_clock final : public clock {
public:
  [[nodiscard]] std::int64_t now_ns() const override;
};

/// Random bits seeded from the operating system, one generator for each thread.
class system_entropy final : public workflow::entropy {
public:
  [[nodiscard]] std::uint64_t next() override;
};

} // namespace cadenza::actors
