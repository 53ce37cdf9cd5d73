#pragma once

#include "uber/cadence/api/v1/history.pb.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace cadenza::findings {

/// What a run's history tells that nothing else does. Memory grows with the activities and timers of the run, not with
/// its history.
class story {
public:
  /// Event by event, oldest first.
  void take(const uber::cadence::api::v1::HistoryEvent& event);

  std::optional<uber::cadence::api::v1::HistoryEvent> failed; ///< the last decision that failed, none completed since
  std::optional<uber::cadence::api::v1::HistoryEvent> timed_out; ///< the same of one that timed out
  std::optional<uber::cadence::api::v1::HistoryEvent> closed;    ///< the run's last event
  std::map<std::int64_t, std::string> activity_lists;            ///< by the event that scheduled the activity
  std::map<std::string, std::int64_t> timers;                    ///< unfired ones: when they fire, Unix ns
  std::string last_failure;                                      ///< of anything, for a run that timed out
  std::int64_t starts_ns = 0; ///< when a run that waits for its cron, delay or retry begins
  std::string cron;
  bool began = false; ///< a decision was scheduled
};

/// "COMPLETED", "FAILED", "TIMEOUT", "CANCELED", "TERMINATED", "CONTINUED_AS_NEW"; "" for an event that ends nothing.
[[nodiscard]] std::string ending_of(const uber::cadence::api::v1::HistoryEvent& event);

} // namespace cadenza::findings
