#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza::cli {

/// "1", "t", "T", "TRUE", "true", "True" and the same for false: what Go programs, and so the scripts written for
/// them, take for a truth value. Nothing for any other text.
[[nodiscard]] std::optional<bool> parse_bool(std::string_view text);

/// The texts between the separators, each without blanks at its ends; empty ones too. None for an empty text.
[[nodiscard]] std::vector<std::string> parts_of(std::string_view text, char separator);

} // namespace cadenza::cli
