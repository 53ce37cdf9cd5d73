#include "messages/rfc3339.hpp"

#include "messages/constants.hpp"

#include <limits>

namespace cadenza::workflow {
namespace {

/// Takes `count` digits off the front of `rest`; -1 when they are not there.
int take_digits(std::string_view& rest, std::size_t count) {
  if (rest.size() < count)
    return -1;
  int value = 0;
  for (const char c : rest.substr(0, count)) {
    if (c < '0' || c > '9')
      return -1;
    value = value * 10 + (c - '0');
  }
  rest.remove_prefix(count);
  return value;
}

bool take(std::string_view& rest, char wanted) {
  if (rest.empty() || rest.front() != wanted)
    return false;
  rest.remove_prefix(1);
  return true;
}

bool leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int days_in(int year, int month) {
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && leap(year) ? 29 : days[month - 1];
}

/// Days from 1970-01-01, counted in years that begin in March so that the leap day comes last.
std::int64_t days_from_epoch(int year, int month, int day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

/// The fraction after the seconds, in nanoseconds; 0 when there is none, -1 when it is malformed.
int take_fraction(std::string_view& rest) {
  if (rest.empty() || (rest.front() != '.' && rest.front() != ','))
    return 0;
  rest.remove_prefix(1);
  int value = 0;
  int digits = 0;
  for (; !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; ++digits) {
    if (digits < 9)
      value = value * 10 + (rest.front() - '0');
    rest.remove_prefix(1);
  }
  for (int i = digits; i < 9; ++i)
    value *= 10;
  return digits == 0 ? -1 : value;
}

/// The zone's distance from UTC in seconds.
std::optional<int> take_zone(std::string_view& rest) {
  if (take(rest, 'Z'))
    return 0;
  const bool west = !rest.empty() && rest.front() == '-';
  if (!take(rest, west ? '-' : '+'))
    return std::nullopt;
  const int hours = take_digits(rest, 2);
  const bool colon = take(rest, ':');
  const int minutes = take_digits(rest, 2);
  if (hours < 0 || hours > 24 || !colon || minutes < 0 || minutes > 60)
    return std::nullopt;
  const int seconds = hours * 3600 + minutes * 60;
  return west ? -seconds : seconds;
}

} // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  std::string_view rest = text;
  const int year = take_digits(rest, 4);
  const bool dash_1 = take(rest, '-');
  const int month = take_digits(rest, 2);
  const bool dash_2 = take(rest, '-');
  const int day = take_digits(rest, 2);
  if (year < 0 || !dash_1 || month < 1 || month > 12 || !dash_2 || day < 1 || day > days_in(year, month))
    return std::nullopt;
  const bool middle = take(rest, 'T');
  const int hour = take_digits(rest, 2);
  const bool colon_1 = take(rest, ':');
  const int minute = take_digits(rest, 2);
  const bool colon_2 = take(rest, ':');
  const int second = take_digits(rest, 2);
  if (!middle || hour < 0 || hour > 23 || !colon_1 || minute < 0 || minute > 59 || !colon_2 || second < 0 ||
      second > 59)
    return std::nullopt;
  const int fraction_ns = take_fraction(rest);
  const auto zone_s = take_zone(rest);
  if (fraction_ns < 0 || !zone_s || !rest.empty())
    return std::nullopt;

  using limits = std::numeric_limits<std::int64_t>;
  const std::int64_t seconds =
      days_from_epoch(year, month, day) * 86'400 + hour * 3600 + minute * 60 + second - *zone_s;
  if (seconds >= limits::max() / ns_per_s)
    return limits::max();
  if (seconds <= limits::min() / ns_per_s)
    return limits::min();
  return seconds * ns_per_s + fraction_ns;
}

} // namespace cadenza::workflow
