#pragma once

#include "bridge/base/health.hpp"

#include <chrono>

namespace cadenza {

/// For a while after its start a server serves whoever asks, and tells those who ask first to wait. One thread.
class warm_up {
public:
  using time = std::chrono::steady_clock::time_point;

  /// The board says "OK" at once when there is nothing to wait for.
  warm_up(bridge::health_board& board, time until, time now) : board_(board), until_(until) { tick(now); }

  [[nodiscard]] time due() const { return over_ ? time::max() : until_; }
  /// Says "OK" when it is time.
  void tick(time now) {
    if (over_ || now < until_)
      return;
    over_ = true;
    board_.set(bridge::health_state::ok);
  }

private:
  bridge::health_board& board_;
  const time until_;
  bool over_ = false;
};

} // namespace cadenza
