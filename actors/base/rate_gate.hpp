#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace cadenza::actors {

/// A token bucket in the caller's time: `rate` tokens a second, at most max(ceil(rate), least burst) saved up. Rate 0
/// lets nothing through.
class rate_gate {
public:
  explicit rate_gate(double rate) : rate_(rate), tokens_(burst()) {}

  void set_rate(double rate, std::int64_t now_ns, int burst_min = 1) {
    refill(now_ns);
    rate_ = rate;
    burst_min_ = burst_min;
    tokens_ = std::min(tokens_, burst());
  }
  [[nodiscard]] double rate() const { return rate_; }

  /// Whether there is a token; `take` it then.
  [[nodiscard]] bool ready(std::int64_t now_ns) {
    refill(now_ns);
    return tokens_ >= 1;
  }
  void take() { tokens_ -= 1; }

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
    const auto ns = rate_ <= 0 ? never_ns : (1 - tokens_) / rate_ * 1e9;
    return ns < never_ns ? static_cast<std::int64_t>(ns) + 1 : INT64_MAX;
  }

private:
  static constexpr double never_ns = 9e18; ///< hardly more fits into 64 bits

  [[nodiscard]] double burst() const {
    return rate_ <= 0 ? 0 : std::max(std::ceil(rate_), static_cast<double>(burst_min_));
  }
  void refill(std::int64_t now_ns) {
    if (last_ns_ != 0 && now_ns > last_ns_)
      tokens_ = std::min(burst(), tokens_ + static_cast<double>(now_ns - last_ns_) * 1e-9 * rate_);
    last_ns_ = now_ns;
  }

  double rate_;
  int burst_min_ = 1;
  double tokens_;
  std::int64_t last_ns_ = 0;
};

} // namespace cadenza::actors
