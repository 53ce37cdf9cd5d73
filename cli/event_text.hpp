#pragma once

#include "cli/style.hpp"

#include <cstddef>
#include <string>

namespace google::protobuf {
class Message;
}
namespace uber::cadence::api::v1 {
class HistoryEvent;
}

namespace cadenza::cli {

struct text_limits {
  std::size_t field_length_max = 0; ///< longer field values are cut in the middle; 0 for no limit
  bool break_words = false;         ///< put blanks into very long words, so that tables can wrap them
};

/// "WorkflowExecutionStarted", coloured by what it means.
[[nodiscard]] std::string event_type(const uber::cadence::api::v1::HistoryEvent& event, const palette& paint);
[[nodiscard]] std::string event_type(const uber::cadence::api::v1::HistoryEvent& event);

/// The event's attributes: "{TimerID:1, StartToFireTimeoutSeconds:2, …}". Unset fields are left out.
[[nodiscard]] std::string event_attributes(const uber::cadence::api::v1::HistoryEvent& event, const text_limits& limits,
                                           const palette& paint);

/// Any message in that notation.
[[nodiscard]] std::string message_text(const google::protobuf::Message& message, const text_limits& limits,
                                       const palette& paint);

/// `text` cut to `length_max` in the middle: "start ... end". 0 for no limit.
[[nodiscard]] std::string cut(const std::string& text, std::size_t length_max);

/// Bytes as text when they are printable UTF-8, else "base64:…".
[[nodiscard]] std::string payload_text(const std::string& bytes);

} // namespace cadenza::cli
