#include "cli/values.hpp"

#include "cli/input_file.hpp"

#include <algorithm>
#include <array>

namespace cadenza::cli {

std::optional<bool> parse_bool(std::string_view text) {
  static constexpr std::array<std::string_view, 6> yes{"1", "t", "T", "TRUE", "true", "True"};
  static constexpr std::array<std::string_view, 6> no{"0", "f", "F", "FALSE", "false", "False"};
  if (std::ranges::find(yes, text) != yes.end())
    return true;
  if (std::ranges::find(no, text) != no.end())
    return false;
  return std::nullopt;
}

std::vector<std::string> parts_of(std::string_view text, char separator) {
  std::vector<std::string> parts;
  if (text.empty())
    return parts;
  std::size_t start = 0;
  while (start <= text.size()) {
    const auto end = std::min(text.find(separator, start), text.size());
    parts.push_back(trimmed(text.substr(start, end - start)));
    start = end + 1;
  }
  return parts;
}

} // namespace cadenza::cli
