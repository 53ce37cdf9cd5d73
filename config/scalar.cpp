#include "config/scalar.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace cadenza::config {

namespace {

struct unit {
  std::string_view name;
  std::int64_t size;
};

constexpr std::array<unit, 8> duration_units{{{"ns", 1},
                                              {"us", 1'000},
                                              {"\u00b5s", 1'000},
                                              {"\u03bcs", 1'000},
                                              {"ms", 1'000'000},
                                              {"s", 1'000'000'000},
                                              {"m", 60'000'000'000},
                                              {"h", 3'600'000'000'000}}};

constexpr std::array<unit, 5> byte_units{
    {{"TiB", std::int64_t{1} << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}};

/// The unit whose name is all letters up to the next digit.
const unit* leading_unit(std::string_view text) {
  const auto length = std::min(text.find_first_of("0123456789."), text.size());
  for (const auto& u : duration_units)
    if (u.name == text.substr(0, length))
      return &u;
  return nullptr;
}

} // namespace

std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view word : {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
    if (text == word)
      return true;
  for (const std::string_view word : {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
    if (text == word)
      return false;
  return std::nullopt;
}

std::optional<std::int64_t> parse_int(std::string_view text) {
  if (text.starts_with('+'))
    text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failure != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failure != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+'))
    text.remove_prefix(1);
  if (text == "0")
    return std::chrono::nanoseconds(0);
  if (text.empty())
    return std::nullopt;
  // Long double holds every nanosecond of 292 years exactly, so fractions of any unit add up without drift.
  long double total = 0;
  while (!text.empty()) {
    const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
    double amount = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + digits, amount, std::chars_format::fixed);
    if (digits == 0 || failure != std::errc{} || end != text.data() + digits)
      return std::nullopt;
    text.remove_prefix(digits);
    const auto* u = leading_unit(text);
    if (!u)
      return std::nullopt;
    text.remove_prefix(u->name.size());
    total += static_cast<long double>(amount) * static_cast<long double>(u->size);
  }
  if (total > 9.2e18L)
    return std::nullopt;
  const auto ns = static_cast<std::int64_t>(std::llroundl(total));
  return std::chrono::nanoseconds(negative ? -ns : ns);
}

std::string format_duration(std::chrono::nanoseconds value) {
  auto rest = value.count();
  if (rest == 0)
    return "0s";
  std::string out;
  if (rest < 0) {
    out = "-";
    rest = -rest;
  }
  for (const auto& u : {unit{"h", 3'600'000'000'000}, unit{"m", 60'000'000'000}, unit{"s", 1'000'000'000},
                        unit{"ms", 1'000'000}, unit{"us", 1'000}, unit{"ns", 1}}) {
    if (rest >= u.size)
      out += fmt::format("{}{}", rest / u.size, u.name);
    rest %= u.size;
  }
  return out;
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  std::int64_t size = 1;
  for (const auto& u : byte_units) {
    if (text.ends_with(u.name)) {
      size = u.size;
      text.remove_suffix(u.name.size());
      while (text.ends_with(' '))
        text.remove_suffix(1);
      break;
    }
  }
  const auto amount = parse_int(text);
  if (!amount || *amount < 0 || *amount > INT64_MAX / size)
    return std::nullopt;
  return *amount * size;
}

bool is_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return false;
  const auto host = text.substr(0, colon);
  if (host.find(':') != std::string_view::npos && !(host.starts_with('[') && host.ends_with(']')))
    return false;
  const auto port = parse_int(text.substr(colon + 1));
  return port && *port >= 1 && *port <= 65535;
}

} // namespace cadenza::config
