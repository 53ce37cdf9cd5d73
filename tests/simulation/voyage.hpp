#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace cadenza::simulation {

/// How one seed went.
struct voyage_report {
  std::uint64_t digest = 0; ///< equal for equal courses of events
  std::int64_t steps = 0;
  std::int64_t virtual_ns = 0;
  std::map<std::string, std::int64_t> happened;
  std::string violation; ///< "" when all held
  std::string log;       ///< its last lines, with a violation
};

/// One node from its first start to the last of its workflows, all of it decided by the seed. `messages_arrive`: what
/// runs tell each other arrives, once and soon, in any weather.
[[nodiscard]] voyage_report sail(std::uint64_t seed, bool messages_arrive = false);

} // namespace cadenza::simulation
