#pragma once

#include "cli/json_text.hpp"
#include "cli/style.hpp"

#include <string>
#include <vector>

namespace uber::cadence::api::v1 {
class Failure;
class HistoryEvent;
} // namespace uber::cadence::api::v1

namespace cadenza::cli {

/// Why what an event tells of failed or timed out: "UNHANDLED_DECISION", "boom: no such order", "START_TO_CLOSE". ""
/// for events that tell of neither. Cut to a few lines of a terminal.
[[nodiscard]] std::string failure_text(const uber::cadence::api::v1::HistoryEvent& event);

/// A failure's reason and details as one sentence.
[[nodiscard]] std::string failure_text(const uber::cadence::api::v1::Failure& failure);

/// How a run ended, from its last event.
struct ending {
  colour tint = colour::plain;
  std::string state; ///< "COMPLETED", "TIMEOUT", …; "OPEN" when the event ends nothing
  std::vector<std::pair<std::string, std::string>> lines; ///< for people: label and text
  json fields = json::object();                           ///< for programs: payloads as what they hold
  bool good = false;                                      ///< completed, or goes on as a new run
};
[[nodiscard]] ending ending_of(const uber::cadence::api::v1::HistoryEvent& event);

} // namespace cadenza::cli
