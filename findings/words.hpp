#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class EnumValueDescriptor;
}
namespace uber::cadence::api::v1 {
class Failure;
class HistoryEvent;
} // namespace uber::cadence::api::v1

/// What people read, made of what the contract says.
namespace cadenza::findings {

/// "WorkflowExecutionStarted"; "Unknown" for an event without attributes.
[[nodiscard]] std::string event_type(const uber::cadence::api::v1::HistoryEvent& event);

/// Without the prefix that repeats the type: "START_TO_CLOSE".
[[nodiscard]] std::string enum_name(const google::protobuf::EnumValueDescriptor& value);

/// Why what an event tells of failed or timed out: "UNHANDLED_DECISION", "boom: no such order", "START_TO_CLOSE". ""
/// for events that tell of neither. Cut to a few lines of a terminal.
[[nodiscard]] std::string failure_text(const uber::cadence::api::v1::HistoryEvent& event);

/// A failure's reason and details as one sentence.
[[nodiscard]] std::string failure_text(const uber::cadence::api::v1::Failure& failure);

/// Bytes as text when they are printable UTF-8, else "base64:…".
[[nodiscard]] std::string payload_text(const std::string& bytes);

/// `text` cut to `length_max` in the middle: "start ... end". 0 for no limit.
[[nodiscard]] std::string cut(const std::string& text, std::size_t length_max);

/// "1 task", "5 tasks"; `many` where the plural has no s.
[[nodiscard]] std::string counted(std::int64_t count, std::string_view one, std::string_view many = {});

/// "5m 10s", "2d 3h".
[[nodiscard]] std::string span_text(std::int64_t seconds);

/// The candidate that `word` was most likely meant to be, or "" when none is near.
[[nodiscard]] std::string closest(std::string_view word, const std::vector<std::string>& candidates);

} // namespace cadenza::findings
