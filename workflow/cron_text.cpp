#include "workflow/cron_text.hpp"

#include "messages/quoted.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cadenza::workflow {

namespace {

struct bounds {
  std::int64_t min;
  std::int64_t max;
  std::span<const std::string_view> names; ///< name i means min + i
};

constexpr std::array<std::string_view, 12> month_names = {"jan", "feb", "mar", "apr", "may", "jun",
                                                          "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> day_names = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

const std::array<bounds, 5> field_bounds = {bounds{0, 59, {}}, bounds{0, 23, {}}, bounds{1, 31, {}},
                                            bounds{1, 12, month_names}, bounds{0, 6, day_names}};

std::uint64_t bits_of(std::int64_t first, std::int64_t last, std::int64_t step) {
  std::uint64_t bits = 0;
  for (auto i = first; i <= last; i += step)
    bits |= std::uint64_t{1} << i;
  return bits;
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(by);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos)
      return parts;
    text.remove_prefix(at + 1);
  }
}

outcome<std::int64_t> parse_number(std::string_view text) {
  const auto whole = std::string(text);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-')
    text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool all = end == text.data() + text.size();
  if (all && failure == std::errc::result_out_of_range)
    return bad_request("failed to parse int from " + whole + ": strconv.Atoi: parsing " + quoted(whole) +
                       ": value out of range");
  if (!all || failure != std::errc{})
    return bad_request("failed to parse int from " + whole + ": strconv.Atoi: parsing " + quoted(whole) +
                       ": invalid syntax");
  if (value < 0)
    return bad_request("negative number (" + std::to_string(value) + ") not allowed: " + whole);
  return value;
}

outcome<std::int64_t> parse_value(std::string_view text, const bounds& b) {
  for (std::size_t i = 0; i < b.names.size(); ++i)
    if (text.size() == 3 && std::equal(text.begin(), text.end(), b.names[i].begin(), [](char a, char n) {
          return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == n;
        }))
      return b.min + static_cast<std::int64_t>(i);
  return parse_number(text);
}

outcome<std::uint64_t> parse_range(std::string_view text, const bounds& b) {
  const auto whole = std::string(text);
  const auto range_and_step = split(text, '/');
  const auto ends = split(range_and_step[0], '-');
  std::uint64_t extra = 0;
  auto first = b.min;
  auto last = b.max;
  if (ends[0] == "*" || ends[0] == "?") {
    extra = star_bit;
  } else {
    const auto low = parse_value(ends[0], b);
    if (!low)
      return low.error();
    if (ends.size() > 2)
      return bad_request("too many hyphens: " + whole);
    const auto high = ends.size() == 2 ? parse_value(ends[1], b) : low;
    if (!high)
      return high.error();
    first = *low;
    last = *high;
  }
  std::int64_t step = 1;
  if (range_and_step.size() > 2)
    return bad_request("too many slashes: " + whole);
  if (range_and_step.size() == 2) {
    const auto parsed = parse_number(range_and_step[1]);
    if (!parsed)
      return parsed.error();
    step = *parsed;
    // "5/10" means "5-max/10".
    if (ends.size() == 1)
      last = b.max;
    if (step > 1)
      extra = 0;
  }
  const auto number = [](std::int64_t n) { return std::to_string(n); };
  if (first < b.min)
    return bad_request("beginning of range (" + number(first) + ") below minimum (" + number(b.min) + "): " + whole);
  if (last > b.max)
    return bad_request("end of range (" + number(last) + ") above maximum (" + number(b.max) + "): " + whole);
  if (first > last)
    return bad_request("beginning of range (" + number(first) + ") beyond end of range (" + number(last) +
                       "): " + whole);
  if (step == 0)
    return bad_request("step of range should be a positive number: " + whole);
  return bits_of(first, last, std::min(step, b.max + 1)) | extra;
}

/// Where the digits and points at the beginning of a text end.
std::size_t amount_end(std::string_view text) { return std::min(text.find_first_not_of("0123456789."), text.size()); }

} // namespace

outcome<std::uint64_t> parse_cron_field(std::string_view text, cron_field which) {
  std::uint64_t bits = 0;
  for (const auto part : split(text, ',')) {
    if (part.empty())
      continue;
    const auto range = parse_range(part, field_bounds[static_cast<std::size_t>(which)]);
    if (!range)
      return range.error();
    bits |= *range;
  }
  return bits;
}

outcome<double> parse_cron_duration_s(std::string_view text) {
  const auto whole = quoted(text);
  const auto invalid = [&] { return bad_request("time: invalid duration " + whole); };
  double sign = 1;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
  }
  if (text == "0")
    return 0.0;
  if (text.empty())
    return invalid();
  struct unit {
    std::string_view name;
    double seconds;
  };
  constexpr std::array<unit, 8> units = {unit{"ns", 1e-9},      unit{"us", 1e-6}, unit{"\u00b5s", 1e-6},
                                         unit{"\u03bcs", 1e-6}, unit{"ms", 1e-3}, unit{"s", 1},
                                         unit{"m", 60},         unit{"h", 3600}};
  double total = 0;
  while (!text.empty()) {
    // A second point begins the name of the unit.
    auto digits = amount_end(text);
    if (const auto point = text.find('.'); point < digits)
      digits = std::min(digits, text.find('.', point + 1));
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + digits, value, std::chars_format::fixed);
    if (digits == 0 || failure != std::errc{} || end != text.data() + digits)
      return invalid();
    text.remove_prefix(digits);
    const auto name = text.substr(0, std::min(text.find_first_of("0123456789."), text.size()));
    if (name.empty())
      return bad_request("time: missing unit in duration " + whole);
    const auto* found = std::find_if(units.begin(), units.end(), [&](const unit& u) { return u.name == name; });
    if (found == units.end())
      return bad_request("time: unknown unit " + quoted(name) + " in duration " + whole);
    total += value * found->seconds;
    text.remove_prefix(name.size());
  }
  constexpr double longest_s = 9.2e9; // what clients can write
  if (total > longest_s)
    return invalid();
  return sign * total;
}

} // namespace cadenza::workflow
