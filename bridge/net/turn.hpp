#pragma once

#include <atomic>

namespace cadenza::bridge::net {

/// The right to touch a loop and everything that belongs to it: one thread has it at a time.
///
/// Unlike a mutex it promises something to a thread whose attempt fails: what that thread published before, with
/// sequentially consistent order, is seen by the holder if it looks after it has given the turn away. That is how a
/// thread that has an answer need not wake anybody: either it gets the turn and sends the answer itself, or the holder
/// will.
class turn {
public:
  [[nodiscard]] bool try_take() {
    int expected = free;
    return state_.compare_exchange_strong(expected, taken);
  }
  /// Waits. Only for the loop's own thread: one waiter is all that `give` wakes.
  void take() {
    if (try_take())
      return;
    while (state_.exchange(awaited) != free)
      state_.wait(awaited);
  }
  void give() {
    if (state_.exchange(free) == awaited)
      state_.notify_one();
  }

private:
  enum : int { free, taken, awaited };
  std::atomic<int> state_{free};
};

} // namespace cadenza::bridge::net
