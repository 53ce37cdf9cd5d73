#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace cadenza::bridge::net {

class timers;

/// Something that wants to be called at a time. It must be taken out (`timers::cancel`) before it goes.
class timer {
public:
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

protected:
  timer() = default;
  ~timer() = default;

private:
  friend class timers;
  virtual void on_timer(std::int64_t now_ns) = 0;

  timer* next_ = nullptr;
  timer* previous_ = nullptr;
  std::int64_t due_tick_ = not_set;
  static constexpr std::int64_t not_set = -1;
  static constexpr std::int64_t called_soon = -2; ///< in the list of those that `run` is calling
};

/// A wheel of time-outs: setting, moving and cancelling one costs the same however many there are. A timer comes up to
/// one tick late, never early. Steady time.
///
/// Threads: belongs to a loop, under its turn.
class timers {
public:
  static constexpr int tick_bits = 26; ///< a tick is 67 ms

  explicit timers(std::int64_t now_ns) : tick_(now_ns >> tick_bits) {}
  timers(const timers&) = delete;
  timers& operator=(const timers&) = delete;

  /// Replaces the time that was set before. INT64_MAX: never.
  void set(timer& which, std::int64_t due_ns);
  void cancel(timer& which);

  /// Calls what is due. What is called may set and cancel timers, itself too.
  void run(std::int64_t now_ns);

  /// When `run` should be called next; INT64_MAX when nothing is set. May be too early, never too late.
  [[nodiscard]] std::int64_t next_ns() const;

private:
  static constexpr std::size_t slots_count = 1024; // 68 s: most time-outs are within one turn of the wheel
  static std::size_t slot_of(std::int64_t tick) { return static_cast<std::size_t>(tick) % slots_count; }
  void link(timer& which, std::int64_t tick);
  void unlink(timer& which);
  void run_slot(std::size_t slot, std::int64_t now_ns);

  std::int64_t tick_; ///< all before it have run
  bool running_ = false;
  timer* called_ = nullptr; ///< due, and called one after the other
  std::array<timer*, slots_count> slots_{};
  std::array<std::uint64_t, slots_count / 64> used_{}; ///< a bit for each slot with timers
};

} // namespace cadenza::bridge::net
