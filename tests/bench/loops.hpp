#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace cadenza::bench {

/// What a closed loop saw.
struct loop_result {
  double seconds = 0; ///< from the first step's begin to the last one's end
  std::int64_t done = 0;
  std::int64_t failed = 0;
  std::vector<double> ms; ///< time of each step that succeeded, sorted
  [[nodiscard]] double rate() const { return seconds > 0 ? static_cast<double>(done) / seconds : 0; }
};

/// One piece of work: calls `over` once, on any thread.
using loop_step = std::function<void(std::function<void(bool ok)> over)>;

/// Keeps `at_once` steps under way for `seconds`; each slot begins its next step when its last is over. Blocks until
/// every step that began is over.
[[nodiscard]] loop_result run_loop(int at_once, double seconds, const loop_step& step);

/// As run_loop, but ends after `total` steps, however long that takes.
[[nodiscard]] loop_result run_count(int at_once, std::int64_t total, const loop_step& step);

/// Begins `per_second` steps each second for `seconds`, evenly, whatever the earlier ones do; `begin` gets the number
/// of the step and how far into the schedule it lies. Blocks for that time. A step that is due while `begin` runs comes
/// late, none is left out.
void run_paced(double per_second, double seconds, const std::function<void(std::int64_t number, double at_s)>& begin);

} // namespace cadenza::bench
