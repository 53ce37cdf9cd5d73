#include "cli/time_range.hpp"

#include "messages/rfc3339.hpp"

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace cadenza::cli {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return value;
}

/// Seconds in a unit of the range syntax; upper and lower case differ (m is a minute, M a month).
std::optional<std::int64_t> unit_seconds(std::string_view unit) {
  struct known {
    std::string_view brief;
    std::string_view full;
    std::int64_t seconds;
  };
  static constexpr std::array<known, 7> units{{{"s", "second", 1},
                                               {"m", "minute", 60},
                                               {"h", "hour", 3600},
                                               {"d", "day", 86400},
                                               {"w", "week", 7 * 86400},
                                               {"M", "month", 30 * 86400},
                                               {"y", "year", 365 * 86400}}};
  for (const auto& candidate : units)
    if (unit == candidate.brief || unit == candidate.full)
      return candidate.seconds;
  return std::nullopt;
}

} // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) { return workflow::parse_rfc3339(text); }

std::optional<std::int64_t> parse_date(std::string_view text) {
  std::string whole{text};
  if (whole.size() == 10)
    whole += "T00:00";
  if (whole.size() == 16)
    whole += ":00";
  if (whole.size() == 19)
    return parse_rfc3339(whole + "Z");
  if (whole.size() == 24)
    return parse_rfc3339(whole.insert(22, ":"));
  return std::nullopt;
}

std::optional<std::int64_t> parse_time(std::string_view text, std::int64_t now) {
  if (const auto exact = parse_rfc3339(text))
    return std::max<std::int64_t>(*exact, 0);
  if (const auto raw = whole_number(text))
    return std::max<std::int64_t>(*raw, 0);
  const auto split = text.find_first_not_of("0123456789");
  if (split == 0 || split == std::string_view::npos)
    return std::nullopt;
  const auto count = whole_number(text.substr(0, split));
  const auto unit = unit_seconds(text.substr(split));
  if (!count || !unit || *count <= 0 || *count >= 1'000'000)
    return std::nullopt;
  const auto seconds = now / second_ns - *count * *unit;
  return seconds < 0 ? 0 : seconds * second_ns + now % second_ns;
}

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string utc_text(std::int64_t unix_ns) {
  const std::time_t seconds = unix_ns / second_ns;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string precise_utc_text(std::int64_t unix_ns) {
  auto text = utc_text(unix_ns);
  auto fraction = std::to_string(second_ns + unix_ns % second_ns).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  if (!fraction.empty())
    text.insert(text.size() - 1, "." + fraction);
  return text;
}

std::string local_text(std::int64_t unix_ns, time_style style) {
  if (unix_ns == 0)
    return {};
  if (style == time_style::raw)
    return std::to_string(unix_ns);
  const std::time_t seconds = unix_ns / second_ns;
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  if (style == time_style::brief) {
    const std::time_t now = now_ns() / second_ns;
    std::tm today{};
    ::localtime_r(&now, &today);
    const char* form = today.tm_year == parts.tm_year ? "%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M";
    return {text.data(), std::strftime(text.data(), text.size(), form, &parts)};
  }
  if (style == time_style::clock)
    return {text.data(), std::strftime(text.data(), text.size(), "%H:%M:%S", &parts)};
  std::string result{text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts)};
  const auto offset = parts.tm_gmtoff / 60;
  if (offset == 0)
    return result + "Z";
  const auto written = std::snprintf(text.data(), text.size(), "%c%02ld:%02ld", offset < 0 ? '-' : '+',
                                     std::abs(offset) / 60, std::abs(offset) % 60);
  return result.append(text.data(), static_cast<std::size_t>(written));
}

std::int64_t to_ns(const google::protobuf::Timestamp& time) { return time.seconds() * second_ns + time.nanos(); }

google::protobuf::Timestamp to_timestamp(std::int64_t unix_ns) {
  google::protobuf::Timestamp time;
  time.set_seconds(unix_ns / second_ns);
  time.set_nanos(static_cast<std::int32_t>(unix_ns % second_ns));
  return time;
}

google::protobuf::Duration to_duration(std::int64_t seconds) {
  google::protobuf::Duration duration;
  duration.set_seconds(seconds);
  return duration;
}

} // namespace cadenza::cli
