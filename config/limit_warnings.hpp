#pragma once

#include "config/log.hpp"
#include "config/metrics.hpp"

#include <array>
#include <cstdint>
#include <functional>

namespace cadenza {

/// What is allowed but larger than its warning limit.
enum class limit_warning : std::uint8_t {
  blob_size,          ///< limit.blobSize.warn
  history_size,       ///< limit.historySize.warn
  history_count,      ///< limit.historyCount.warn
  pending_activities, ///< limit.pendingActivityCount.warn
  id_length,          ///< limit.maxIDWarnLength
  decision_attempts,  ///< history.decisionRetryCriticalAttempts
};
inline constexpr std::size_t limit_warnings_count = 6;

inline constexpr std::array limit_warning_metrics{
    metrics::declaration{"cadenza_limit_warnings_total", metrics::kind::counter, "limit",
                         "Times something went beyond its warning limit: blob_size, history_size, history_count, "
                         "pending_activities, id_length, decision_attempts. The log names them."},
};

/// Counts what goes beyond its warning limit, and writes a line about it: one of each kind in five seconds, which says
/// how many were left out. Any thread. The registry must outlive it.
class limit_warnings {
public:
  /// `write` takes the lines, on the thread that notes. `steady_ns` (empty: the steady clock) is for tests.
  limit_warnings(metrics::registry& registry, log::sink write, std::function<std::int64_t()> steady_ns = {});

  void note(limit_warning what, log::fields values, log::sentence says) {
    auto& noted = notes_[static_cast<std::size_t>(what)];
    noted.counter->add();
    const auto left_out = steady_ns_ ? noted.gap.admit(steady_ns_()) : noted.gap.admit();
    if (left_out)
      log::write_after(write_, *left_out, log::level::warn, values, says);
  }

private:
  struct notes {
    metrics::counter* counter = nullptr;
    log::repeat_limit gap;
  };
  std::array<notes, limit_warnings_count> notes_;
  const log::sink write_;
  const std::function<std::int64_t()> steady_ns_;
};

} // namespace cadenza
