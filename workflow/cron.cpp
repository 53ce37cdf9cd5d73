#include "workflow/cron.hpp"

#include "messages/constants.hpp"
#include "messages/quoted.hpp"
#include "workflow/cron_text.hpp"
#include "workflow/time_zone.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace cadenza::workflow {

namespace {

/// A moment in local time, with second precision.
class local_clock {
public:
  local_clock(std::int64_t unix_s, const time_zone* zone) : zone_(zone) { set(unix_s); }

  void set(std::int64_t unix_s) {
    using namespace std::chrono;
    unix_s_ = unix_s;
    const auto local = unix_s + (zone_ != nullptr ? zone_->offset_s(unix_s) : 0);
    const auto midnight = floor<days>(sys_seconds{seconds{local}});
    const year_month_day date{midnight};
    year = static_cast<int>(date.year());
    month = static_cast<unsigned>(date.month());
    day = static_cast<unsigned>(date.day());
    weekday = std::chrono::weekday{midnight}.c_encoding();
    const auto rest = local - midnight.time_since_epoch().count() * 86400;
    hour = static_cast<unsigned>(rest / 3600);
    minute = static_cast<unsigned>(rest / 60 % 60);
    second = static_cast<unsigned>(rest % 60);
  }
  void add(std::int64_t seconds) { set(unix_s_ + seconds); }

  /// Month and day may lie outside of the year and the month: they carry over.
  void set_date(int y, unsigned m, unsigned d, std::int64_t second_of_day) {
    using namespace std::chrono;
    y += static_cast<int>(m - 1) / 12;
    m = (m - 1) % 12 + 1;
    const auto first = sys_days{std::chrono::year{y} / std::chrono::month{m} / std::chrono::day{1}};
    auto wanted = (first.time_since_epoch().count() + static_cast<std::int64_t>(d) - 1) * 86400 + second_of_day;
    if (zone_ != nullptr) {
      // Where the clock is set, a local time may exist twice or not at all: the offset a moment before decides.
      const auto utc = wanted - zone_->offset_s(wanted);
      wanted -= zone_->offset_s(utc);
    }
    set(wanted);
  }
  [[nodiscard]] std::int64_t second_of_day() const { return hour * 3600 + minute * 60 + second; }
  [[nodiscard]] std::int64_t unix_s() const { return unix_s_; }

  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned weekday = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;

private:
  const time_zone* zone_;
  std::int64_t unix_s_ = 0;
};

bool has(std::uint64_t bits, unsigned value) { return (bits >> value & 1) != 0; }

std::int64_t floor_s(std::int64_t ns) { return ns / ns_per_s - (ns % ns_per_s < 0 ? 1 : 0); }

std::int64_t ceil_s(std::int64_t ns) { return ns / ns_per_s + (ns % ns_per_s > 0 ? 1 : 0); }

} // namespace

struct cron_schedule::fields {
  std::int64_t every_s = 0; ///< `@every`; then nothing else counts
  std::uint64_t minutes = 0;
  std::uint64_t hours = 0;
  std::uint64_t days = 0;
  std::uint64_t months = 0;
  std::uint64_t weekdays = 0;
  std::optional<time_zone> zone; ///< none: UTC

  [[nodiscard]] bool day_matches(const local_clock& t) const {
    const bool by_day = has(days, t.day);
    const bool by_weekday = has(weekdays, t.weekday);
    return ((days | weekdays) & star_bit) != 0 ? by_day && by_weekday : by_day || by_weekday;
  }

  /// First matching second at or after `from_s`. Goes up from months to minutes; whenever a larger unit turns over it
  /// begins again.
  [[nodiscard]] std::optional<std::int64_t> first_from(std::int64_t from_s) const {
    local_clock t(from_s, zone ? &*zone : nullptr);
    const int last_year = t.year + 5;
    bool moved = false; ///< smaller units are at their lowest
    while (t.year <= last_year) {
      if (!has(months, t.month)) {
        t.set_date(t.year, t.month + 1, 1, 0);
        moved = true;
        continue;
      }
      if (!day_matches(t)) {
        t.set_date(t.year, t.month, t.day + 1, 0);
        moved = true;
        // A day without a midnight may have been cut to the last hour of the day before.
        if (t.hour > 12)
          t.add((24 - static_cast<std::int64_t>(t.hour)) * 3600);
        continue;
      }
      if (!has(hours, t.hour)) {
        if (!moved)
          t.set_date(t.year, t.month, t.day, static_cast<std::int64_t>(t.hour) * 3600);
        moved = true;
        t.add(3600);
        continue;
      }
      if (!has(minutes, t.minute)) {
        if (!moved)
          t.add(-(t.unix_s() % 60));
        moved = true;
        t.add(60);
        continue;
      }
      if (t.second != 0) {
        moved = true;
        t.add(60 - static_cast<std::int64_t>(t.second));
        continue;
      }
      return t.unix_s();
    }
    return std::nullopt;
  }
};

std::optional<std::int64_t> cron_schedule::next(std::int64_t after_ns) const {
  const auto after_s = floor_s(after_ns);
  if (fields_->every_s > 0)
    return (after_s + fields_->every_s) * ns_per_s;
  const auto found = fields_->first_from(after_s + 1);
  return found ? std::optional(*found * ns_per_s) : std::nullopt;
}

std::optional<std::int64_t> cron_schedule::next_from(std::int64_t after_ns, std::int64_t not_before_ns) const {
  const auto first = next(after_ns);
  if (!first || *first >= not_before_ns)
    return first;
  if (const auto every = fields_->every_s * ns_per_s; every > 0) {
    const auto missing = not_before_ns - *first;
    return *first + (missing / every + (missing % every != 0 ? 1 : 0)) * every;
  }
  const auto found = fields_->first_from(ceil_s(not_before_ns));
  return found ? std::optional(*found * ns_per_s) : std::nullopt;
}

outcome<cron_schedule> parse_cron(std::string_view text) {
  const auto whole = text;
  const auto refuse = [&](const std::string& why) {
    return bad_request("Invalid CronSchedule, failed to parse: " + quoted(whole) + ", err: " + why);
  };
  constexpr std::string_view blanks = " \t\n\v\f\r";
  auto parsed = std::make_shared<cron_schedule::fields>();
  if (text.starts_with("TZ=") || text.starts_with("CRON_TZ=")) {
    const auto begin = text.find('=') + 1;
    const auto end = text.find(' ');
    if (end == std::string_view::npos)
      return refuse("nothing after the time zone");
    const auto name = text.substr(begin, end - begin);
    // In the reference's cron library "Local" is the zone of the time that the schedule is asked about: always UTC.
    if (!name.empty() && name != "UTC" && name != "Local") {
      auto zone = time_zone::find(name);
      if (!zone)
        return refuse("provided bad location " + std::string(name) + ": " + zone.error().message);
      parsed->zone = std::move(*zone);
    }
    text.remove_prefix(std::min(text.find_first_not_of(blanks, end), text.size()));
    text = text.substr(0, text.find_last_not_of(blanks) + 1);
  }
  if (text.starts_with("@every ")) {
    const auto seconds = parse_cron_duration_s(text.substr(7));
    constexpr std::int64_t rarest_s = 4'000'000'000; // from now on it fits into 64 bits of nanoseconds
    if (!seconds)
      return refuse("failed to parse duration " + std::string(text) + ": " + seconds.error().message);
    parsed->every_s = std::clamp<std::int64_t>(static_cast<std::int64_t>(*seconds), 1, rarest_s);
  } else {
    struct descriptor {
      std::string_view name;
      std::string_view meaning;
    };
    constexpr std::array<descriptor, 7> descriptors = {
        descriptor{"@yearly", "0 0 1 1 *"}, descriptor{"@annually", "0 0 1 1 *"}, descriptor{"@monthly", "0 0 1 * *"},
        descriptor{"@weekly", "0 0 * * 0"}, descriptor{"@daily", "0 0 * * *"},    descriptor{"@midnight", "0 0 * * *"},
        descriptor{"@hourly", "0 * * * *"}};
    if (text.starts_with('@')) {
      const auto* found =
          std::find_if(descriptors.begin(), descriptors.end(), [&](const descriptor& d) { return d.name == text; });
      if (found == descriptors.end())
        return refuse("unrecognized descriptor: " + std::string(text));
      text = found->meaning;
    }
    std::vector<std::string_view> words;
    for (std::size_t at = text.find_first_not_of(blanks); at != std::string_view::npos;) {
      const auto end = std::min(text.find_first_of(blanks, at), text.size());
      words.push_back(text.substr(at, end - at));
      at = text.find_first_not_of(blanks, end);
    }
    const std::array<std::uint64_t*, 5> into = {&parsed->minutes, &parsed->hours, &parsed->days, &parsed->months,
                                                &parsed->weekdays};
    if (words.size() != into.size()) {
      std::string found;
      for (const auto word : words)
        found.append(found.empty() ? "" : " ").append(word);
      return refuse("expected exactly 5 fields, found " + std::to_string(words.size()) + ": [" + found + "]");
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto bits = parse_cron_field(words[i], static_cast<cron_field>(i));
      if (!bits)
        return refuse(bits.error().message);
      *into[i] = *bits;
    }
  }
  cron_schedule schedule;
  schedule.fields_ = std::move(parsed);
  return schedule;
}

std::optional<std::int32_t> cron_backoff_s(std::string_view text, std::int64_t start_ns, std::int64_t close_ns,
                                           uber::cadence::api::v1::CronOverlapPolicy overlap) {
  if (text.empty())
    return std::nullopt;
  const auto schedule = parse_cron(text);
  if (!schedule)
    return std::nullopt;
  auto due = schedule->next(start_ns);
  if (due && *due < close_ns) {
    if (overlap == uber::cadence::api::v1::CRON_OVERLAP_POLICY_BUFFER_ONE)
      return 0;
    due = schedule->next_from(start_ns, close_ns);
  }
  if (!due)
    return std::nullopt;
  return static_cast<std::int32_t>(
      std::min<std::int64_t>(ceil_s(*due - close_ns), std::numeric_limits<std::int32_t>::max()));
}

} // namespace cadenza::workflow
