#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace cadenza::actors {

/// A token bucket in the caller's time: `rate` tokens a second, at most max(ceil(rate), 1) saved up. Rate 0 lets nothing
/// through.
class rate_gate {
public:
  explicit rate_gate(double rate) : rate_(rate), tokens_(burst()) {}

  void set_rate(double rate, std::int64_t now_ns) {
    refill(now_ns);
    rate_ = rate;
    tokens_ = std::min(tokens_, burst());
  }
  [[nodiscard]] double rate() const { return rate_; }

  [[nodiscard]] bool try_take(std::int64_t now_ns) {
    refill(now_ns);
    if (tokens_ < 1)
      return false;
    tokens_ -= 1;
    return true;
  }

  /// Nanoseconds until a token is there; INT64_MAX when there never will be.
  [[nodiscard]] std::int64_t wait_ns() const {
    if (tokens_ >= 1)
      return 0;
    return rate_ <= 0 ? INT64_MAX : static_cast<std::int64_t>((1 - tokens_) / rate_ * 1e9) + 1;
  }

private:
  [[nodiscard]] double burst() const { return rate_ <= 0 ? 0 : std::max(std::ceil(rate_), 1.0); }
  void refill(std::int64_t now_ns) {
    if (last_ns_ != 0 && now_ns > last_ns_)
      tokens_ = std::min(burst(), tokens_ + static_cast<double>(now_ns - last_ns_) * 1e-9 * rate_);
    last_ns_ = now_ns;
  }

  double rate_;
  double tokens_;
  std::int64_t last_ns_ = 0;
};

} // namespace cadenza::actors
