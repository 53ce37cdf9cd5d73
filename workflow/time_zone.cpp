#include "workflow/time_zone.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>

namespace cadenza::workflow {

namespace {

constexpr std::int64_t forever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t ever = std::numeric_limits<std::int64_t>::min();
constexpr std::size_t header_size = 44;

std::int64_t big_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = (static_cast<unsigned char>(bytes[at]) & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < size; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return static_cast<std::int64_t>(value);
}

/// Counts of a TZif header, in the order in which the file has them.
struct header {
  std::size_t utc_flags, standard_flags, leaps, times, types, chars;

  static bool read(std::string_view bytes, std::size_t at, header& h) {
    if (bytes.size() < at + header_size || bytes.substr(at, 4) != "TZif")
      return false;
    const auto count = [&](std::size_t i) { return static_cast<std::size_t>(big_endian(bytes, at + 20 + 4 * i, 4)); };
    h = {count(0), count(1), count(2), count(3), count(4), count(5)};
    // No zone comes near this; it keeps the sums below from running over.
    return std::max({h.utc_flags, h.standard_flags, h.leaps, h.times, h.types, h.chars}) < 1'000'000;
  }
  [[nodiscard]] std::size_t body(std::size_t time_size) const {
    return times * (time_size + 1) + types * 6 + chars + leaps * (time_size + 4) + standard_flags + utc_flags;
  }
};

/// Reads a POSIX TZ text piece by piece.
struct tz_reader {
  std::string_view rest;

  bool take(char c) {
    if (rest.empty() || rest.front() != c)
      return false;
    rest.remove_prefix(1);
    return true;
  }
  bool name() {
    std::size_t n = 0;
    if (take('<')) {
      n = rest.find('>');
      if (n == std::string_view::npos)
        return false;
      rest.remove_prefix(n + 1);
      return n > 0;
    }
    while (n < rest.size() && std::isalpha(static_cast<unsigned char>(rest[n])) != 0)
      ++n;
    rest.remove_prefix(n);
    return n >= 3;
  }
  bool number(int& value) {
    std::size_t n = 0;
    for (value = 0; n < rest.size() && n < 4 && std::isdigit(static_cast<unsigned char>(rest[n])) != 0; ++n)
      value = value * 10 + (rest[n] - '0');
    rest.remove_prefix(n);
    return n > 0;
  }
  /// [+|-]hh[:mm[:ss]]
  bool clock(std::int32_t& seconds) {
    const bool negative = take('-');
    if (!negative)
      take('+');
    int h = 0;
    int m = 0;
    int s = 0;
    if (!number(h) || (take(':') && !number(m)) || (take(':') && !number(s)))
      return false;
    seconds = (h * 3600 + m * 60 + s) * (negative ? -1 : 1);
    return true;
  }
};

std::int64_t days_from_civil(int year, unsigned month, unsigned day) {
  using namespace std::chrono;
  return sys_days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}}
      .time_since_epoch()
      .count();
}

} // namespace

std::int64_t time_zone::change_rule::local_second(int year) const {
  using namespace std::chrono;
  std::int64_t days = 0;
  if (kind == 'M') {
    const std::chrono::year_month ym = std::chrono::year{year} / std::chrono::month{static_cast<unsigned>(month)};
    const std::chrono::weekday wd{static_cast<unsigned>(day)};
    const auto date = week == 5 ? sys_days{ym / wd[last]} : sys_days{ym / wd[static_cast<unsigned>(week)]};
    days = date.time_since_epoch().count();
  } else {
    const bool skips = kind == 'J' && std::chrono::year{year}.is_leap() && day >= 60;
    days = days_from_civil(year, 1, 1) + day - (kind == 'J' ? 1 : 0) + (skips ? 1 : 0);
  }
  return days * 86400 + time_s;
}

bool time_zone::parse_footer(std::string_view text) {
  tz_reader in{text};
  std::int32_t west = 0;
  if (!in.name() || !in.clock(west))
    return false;
  standard_s_ = daylight_s_ = -west;
  if (in.rest.empty())
    return true;
  if (!in.name())
    return false;
  daylight_s_ = standard_s_ + 3600;
  if (!in.rest.empty() && in.rest.front() != ',') {
    if (!in.clock(west))
      return false;
    daylight_s_ = -west;
  }
  for (auto* rule : {&daylight_begins_, &daylight_ends_}) {
    if (!in.take(','))
      return false;
    if (in.take('M')) {
      rule->kind = 'M';
      if (!in.number(rule->month) || !in.take('.') || !in.number(rule->week) || !in.take('.') || !in.number(rule->day))
        return false;
      if (rule->month < 1 || rule->month > 12 || rule->week < 1 || rule->week > 5 || rule->day > 6)
        return false;
    } else {
      rule->kind = in.take('J') ? 'J' : 'N';
      if (!in.number(rule->day) || rule->day > 365)
        return false;
    }
    if (in.take('/') && !in.clock(rule->time_s))
      return false;
  }
  has_dst_ = true;
  return in.rest.empty();
}

outcome<std::shared_ptr<const time_zone>> time_zone::parse(std::string_view bytes) {
  const auto broken = [] { return bad_request("broken time zone file"); };
  header first{};
  header second{};
  if (!header::read(bytes, 0, first) || bytes[4] < '2')
    return broken();
  const auto start = header_size + first.body(4);
  if (!header::read(bytes, start, second) || second.types == 0)
    return broken();
  const auto times = start + header_size;
  if (bytes.size() < times + second.body(8))
    return broken();
  const auto types = times + second.times * 9;
  const auto offset_of = [&](std::size_t type) {
    return static_cast<std::int32_t>(big_endian(bytes, types + type * 6, 4));
  };
  auto zone = std::make_shared<time_zone>();
  zone->first_offset_s_ = offset_of(0);
  zone->transitions_.reserve(second.times);
  for (std::size_t i = 0; i < second.times; ++i) {
    const auto type = static_cast<unsigned char>(bytes[times + second.times * 8 + i]);
    if (type >= second.types)
      return broken();
    zone->transitions_.push_back({big_endian(bytes, times + i * 8, 8), offset_of(type)});
  }
  auto footer = bytes.substr(times + second.body(8));
  if (footer.size() > 2) {
    footer = footer.substr(1, footer.size() - 2);
    if (!zone->parse_footer(footer))
      return broken();
    zone->has_footer_ = true;
  }
  return std::shared_ptr<const time_zone>(std::move(zone));
}

time_zone::period time_zone::after_last(std::int64_t unix_s, std::int64_t begin) const {
  if (!has_dst_)
    return {begin, forever, standard_s_};
  using namespace std::chrono;
  const auto year = static_cast<int>(year_month_day{floor<days>(sys_seconds{seconds{unix_s + standard_s_}})}.year());
  // Six changes around the moment: a year begins in either season, depending on the hemisphere.
  std::array<transition, 6> changes{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto y = year - 1 + static_cast<int>(i);
    changes[2 * i] = {daylight_begins_.local_second(y) - standard_s_, daylight_s_};
    changes[2 * i + 1] = {daylight_ends_.local_second(y) - daylight_s_, standard_s_};
  }
  std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  period found{begin, changes.front().at, changes.front().offset_s == standard_s_ ? daylight_s_ : standard_s_};
  for (std::size_t i = 0; i < changes.size() && changes[i].at <= unix_s; ++i)
    found = {std::max(begin, changes[i].at), i + 1 < changes.size() ? changes[i + 1].at : forever, changes[i].offset_s};
  return found;
}

time_zone::period time_zone::at(std::int64_t unix_s) const {
  const auto next = std::upper_bound(transitions_.begin(), transitions_.end(), unix_s,
                                     [](std::int64_t t, const transition& x) { return t < x.at; });
  if (next == transitions_.begin())
    return {ever, next == transitions_.end() ? forever : next->at, first_offset_s_};
  const auto& current = *std::prev(next);
  if (next == transitions_.end() && has_footer_)
    return after_last(unix_s, current.at);
  return {current.at, next == transitions_.end() ? forever : next->at, current.offset_s};
}

outcome<std::shared_ptr<const time_zone>> time_zone::find(std::string_view name) {
  static std::mutex guard;
  static std::map<std::string, std::shared_ptr<const time_zone>, std::less<>> known;
  const auto unknown = [&] { return bad_request("unknown time zone " + std::string(name)); };
  const bool sane =
      !name.empty() && name.size() < 64 && name.front() != '/' && name.find("..") == std::string_view::npos &&
      std::all_of(name.begin(), name.end(),
                  [](unsigned char c) { return std::isalnum(c) != 0 || c == '/' || c == '_' || c == '-' || c == '+'; });
  if (!sane)
    return unknown();
  const std::lock_guard lock(guard);
  if (const auto i = known.find(name); i != known.end())
    return i->second;
  const auto path = "/usr/share/zoneinfo/" + std::string(name);
  // Reading a folder ("America") would throw.
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path, failure))
    return unknown();
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return unknown();
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto zone = parse(bytes);
  if (!zone)
    return unknown();
  known.emplace(std::string(name), *zone);
  return zone;
}

} // namespace cadenza::workflow
