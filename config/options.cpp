#include "config/options.hpp"

#include "config/log.hpp"
#include "config/option_table.hpp"
#include "config/scalar.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace cadenza::config {

namespace {

std::vector<option> all_options() {
  std::vector<option> out;
  for (const auto groups : {table::server_groups(), table::outside_groups()})
    for (const auto& group : groups)
      for (const auto& row : group.rows)
        out.push_back({group.place.empty() ? std::string(row.key) : fmt::format("{}.{}", group.place, row.key),
                       row.kind, row.fallback, row.limits, row.effect, row.reloadable, row.meaning});
  // Rows of one section stand together whichever half of the table they are in; sections keep their first place.
  const auto section = [](const option& o) { return std::string_view(o.path).substr(0, o.path.find('.')); };
  std::vector<std::string> order; // copies: the rows move while they are sorted
  for (const auto& o : out)
    if (std::find(order.begin(), order.end(), section(o)) == order.end())
      order.emplace_back(section(o));
  std::stable_sort(out.begin(), out.end(), [&](const option& a, const option& b) {
    return std::find(order.begin(), order.end(), section(a)) < std::find(order.begin(), order.end(), section(b));
  });
  return out;
}

std::pair<std::string_view, std::string_view> ends_of(std::string_view range) {
  const auto dots = range.find("..");
  return {range.substr(0, dots), range.substr(dots + 2)};
}

template <class T, class Parse> bool within(std::string_view text, std::string_view range, Parse parse) {
  const std::optional<T> value = parse(text);
  if (!value)
    return false;
  const auto [low, high] = ends_of(range);
  return *parse(low) <= *value && *value <= *parse(high);
}

bool is_choice(std::string_view text, std::string_view choices) {
  while (!choices.empty()) {
    const auto bar = choices.find('|');
    if (text == choices.substr(0, bar))
      return true;
    choices = bar == std::string_view::npos ? std::string_view{} : choices.substr(bar + 1);
  }
  return false;
}

std::string in_words(std::string_view choices) {
  std::string out;
  for (const char c : choices) {
    if (c == '|')
      out += ", ";
    else
      out += c;
  }
  return out;
}

} // namespace

std::span<const option> options() {
  static const std::vector<option> all = all_options();
  return all;
}

std::string expectation_of(const option& which) {
  const auto range = [&] {
    const auto [low, high] = ends_of(which.limits);
    return fmt::format("from {} to {}", low, high);
  };
  switch (which.kind) {
  case option_kind::boolean: return "true or false";
  case option_kind::integer: return fmt::format("an integer {}", range());
  case option_kind::text:
  case option_kind::secret: return which.limits.empty() ? "a text" : "a text that is not empty";
  case option_kind::duration: return fmt::format("a duration like 1h30m or 250ms, {}", range());
  case option_kind::bytes: return fmt::format("a number of bytes like 65536 or 64MiB, {}", range());
  case option_kind::choice: return fmt::format("one of {}", in_words(which.limits));
  case option_kind::address: return "an address as host:port";
  case option_kind::text_list:
    return which.limits.empty() ? "a list of texts" : fmt::format("a list of {}", in_words(which.limits));
  case option_kind::text_map: return "a map of texts";
  case option_kind::anything: break;
  }
  return "any value";
}

bool is_valid(const option& which, std::string_view text) {
  switch (which.kind) {
  case option_kind::boolean: return parse_bool(text).has_value();
  case option_kind::integer: return within<std::int64_t>(text, which.limits, parse_int);
  case option_kind::text:
  case option_kind::secret: return which.limits.empty() || !text.empty();
  case option_kind::duration: return within<std::chrono::nanoseconds>(text, which.limits, parse_duration);
  case option_kind::bytes: return within<std::int64_t>(text, which.limits, parse_bytes);
  case option_kind::choice:
    if (which.path == "log.level")
      return log::level_of(text).has_value();
    return is_choice(text, which.limits);
  case option_kind::address: return text.empty() || is_host_port(text);
  case option_kind::text_list: return which.limits.empty() || is_choice(text, which.limits);
  case option_kind::text_map:
  case option_kind::anything: break;
  }
  return true;
}

} // namespace cadenza::config
