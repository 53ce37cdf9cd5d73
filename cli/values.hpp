#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza::cli {

/// "1", "t", "T", "TRUE", "true", "True" and the same for false: what Go programs, and so the scripts written for
/// them, take for a truth value. Nothing for any other text.
[[nodiscard]] std::optional<bool> parse_bool(std::string_view text);

/// A span of time as people write it, in seconds: "10", "10s", "5m", "1.5h", "1h30m", "2 days", "1w". Units are s m h d
/// w and their names; a number alone means `unit` seconds. Nothing for any other text, a part of a second, or a span
/// below zero or above 2^31 - 1 seconds, the longest that the contract's servers take.
[[nodiscard]] std::optional<std::int64_t> parse_span(std::string_view text, std::int64_t unit);

/// A whole number in decimal, all of the text.
[[nodiscard]] std::optional<std::int64_t> parse_whole(std::string_view text);

/// "1 task", "2 tasks"; `many` where it is not `one` with an s.
[[nodiscard]] std::string counted(std::int64_t count, std::string_view one, std::string_view many = {});

/// A span of time for people: "0s", "59s", "3m 5s", "2h 10m", "3d 4h": its two greatest units.
[[nodiscard]] std::string span_text(std::int64_t seconds);

/// The texts between the separators, each without blanks at its ends; empty ones too. None for an empty text.
[[nodiscard]] std::vector<std::string> parts_of(std::string_view text, char separator);

} // namespace cadenza::cli
