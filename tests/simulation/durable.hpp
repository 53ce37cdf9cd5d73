#pragma once

#include "world.hpp"

#include <map>
#include <string>

namespace cadenza::simulation {

/// What must hold of the store alone, at any moment and whatever has just died: a crash now must lose nothing. Every
/// run equals the replay of its history, event ids are dense, an open run is the current one of its id, and whatever a
/// run waits for, a stored task will wake it.
class durable_checks {
public:
  explicit durable_checks(world& in) : in_(in) {}

  /// Throws the first violation. Runs that were not written since the last look are not replayed again.
  void look();
  [[nodiscard]] std::int64_t replays() const { return replays_; }

private:
  world& in_;
  std::map<std::string, std::int64_t> seen_; ///< row version by run id
  std::int64_t replays_ = 0;
};

} // namespace cadenza::simulation
