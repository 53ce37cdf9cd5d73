#include "tests/bench/loops.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <semaphore>
#include <thread>

namespace cadenza::bench {
namespace {

using steady = std::chrono::steady_clock;

double seconds_since(steady::time_point begin) { return std::chrono::duration<double>(steady::now() - begin).count(); }

/// Steps that are not over by then never will be.
constexpr double patience_s = 120;

loop_result run(int at_once, double seconds, const loop_step& step, const std::function<bool()>& another) {
  struct slot {
    std::vector<double> ms;
    std::int64_t failed = 0;
    steady::time_point begin;
  };
  std::vector<slot> slots(static_cast<std::size_t>(at_once));
  std::counting_semaphore<> finished(0);
  std::function<void(std::size_t)> next = [&](std::size_t i) {
    if (!another())
      return finished.release();
    slots[i].begin = steady::now();
    step([&, i](bool ok) {
      auto& mine = slots[i];
      if (ok)
        mine.ms.push_back(seconds_since(mine.begin) * 1e3);
      else
        ++mine.failed;
      next(i);
    });
  };
  const auto begin = steady::now();
  const auto until =
      begin + std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(seconds + patience_s));
  for (std::size_t i = 0; i < slots.size(); ++i)
    next(i);
  for (int i = 0; i < at_once; ++i)
    if (!finished.try_acquire_until(until)) {
      // Late answers would find nothing to come back to: no way but to end here. The servers end with this process.
      std::fprintf(stderr, "cadenza_bench: work that began is not over after %.0f s\n", seconds_since(begin));
      std::_Exit(1);
    }
  loop_result out;
  out.seconds = seconds_since(begin);
  for (auto& mine : slots) {
    out.failed += mine.failed;
    out.ms.insert(out.ms.end(), mine.ms.begin(), mine.ms.end());
  }
  out.done = static_cast<std::int64_t>(out.ms.size());
  std::sort(out.ms.begin(), out.ms.end());
  return out;
}

} // namespace

loop_result run_loop(int at_once, double seconds, const loop_step& step) {
  const auto begin = steady::now();
  return run(at_once, seconds, step, [&] { return seconds_since(begin) < seconds; });
}

loop_result run_count(int at_once, std::int64_t total, const loop_step& step) {
  std::atomic<std::int64_t> begun{0};
  const double patience = static_cast<double>(total) / 20; // slower than that is broken
  return run(at_once, patience, step, [&] { return begun.fetch_add(1, std::memory_order_relaxed) < total; });
}

void run_paced(double per_second, double seconds, const std::function<void(std::int64_t, double)>& begin) {
  const auto start = steady::now();
  const auto total = static_cast<std::int64_t>(per_second * seconds);
  for (std::int64_t number = 0; number < total; ++number) {
    const double at = static_cast<double>(number) / per_second;
    std::this_thread::sleep_until(start +
                                  std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(at)));
    begin(number, at);
  }
}

} // namespace cadenza::bench
