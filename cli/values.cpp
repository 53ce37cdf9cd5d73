#include "cli/values.hpp"

#include "cli/input_file.hpp"

#include "findings/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace cadenza::cli {

namespace {

constexpr std::int64_t minute = 60;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;
constexpr std::int64_t longest_span = std::numeric_limits<std::int32_t>::max();

std::optional<std::int64_t> unit_seconds(std::string_view name) {
  struct unit {
    std::array<std::string_view, 5> names;
    std::int64_t seconds;
  };
  static constexpr std::array<unit, 5> units{{{{"s", "sec", "secs", "second", "seconds"}, 1},
                                              {{"m", "min", "mins", "minute", "minutes"}, minute},
                                              {{"h", "hr", "hrs", "hour", "hours"}, hour},
                                              {{"d", "day", "days", "", ""}, day},
                                              {{"w", "week", "weeks", "", ""}, 7 * day}}};
  if (name.empty())
    return std::nullopt;
  for (const auto& one : units)
    if (std::ranges::find(one.names, name) != one.names.end())
      return one.seconds;
  return std::nullopt;
}

/// Takes the letters of `kind` from the front of `text`.
std::string_view take(std::string_view& text, std::string_view kind) {
  const auto end = std::min(text.find_first_not_of(kind), text.size());
  const auto taken = text.substr(0, end);
  text.remove_prefix(end);
  return taken;
}

/// "1.25" times `unit` when that is a whole number within the longest span.
std::optional<std::int64_t> times(std::string_view number, std::int64_t unit) {
  const auto point = number.find('.');
  const auto whole = parse_whole(number.substr(0, point));
  if (!whole || *whole > longest_span / unit)
    return std::nullopt;
  auto total = *whole * unit;
  if (point == std::string_view::npos)
    return total;
  const auto digits = number.substr(point + 1);
  const auto part = digits.size() <= 9 ? parse_whole(digits) : std::nullopt;
  if (!part)
    return std::nullopt;
  std::int64_t scale = 1;
  for (std::size_t i = 0; i < digits.size(); ++i)
    scale *= 10;
  if (*part * unit % scale != 0)
    return std::nullopt;
  total += *part * unit / scale;
  return total;
}

} // namespace

std::optional<std::int64_t> parse_whole(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_span(std::string_view text, std::int64_t unit) {
  std::int64_t total = 0;
  bool named = false;
  do {
    const auto number = take(text, "0123456789.");
    take(text, " ");
    const auto name = take(text, "abcdefghijklmnopqrstuvwxyz");
    take(text, " ");
    // Only a number that stands alone needs no unit.
    const bool alone = name.empty() && !named && text.empty();
    const auto seconds = alone ? std::optional(unit) : unit_seconds(name);
    if (!seconds)
      return std::nullopt;
    const auto part = times(number, *seconds);
    if (!part || *part > longest_span - total)
      return std::nullopt;
    total += *part;
    named = true;
  } while (!text.empty());
  return total;
}

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  return findings::counted(count, one, many);
}

std::string span_text(std::int64_t seconds) { return findings::span_text(seconds); }

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
