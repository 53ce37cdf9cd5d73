#include "config/overlay.hpp"

#include "config/dynamic.hpp"
#include "config/scalar.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cadenza::config {

namespace {

using nlohmann::json;

outcome<json> parse(const std::string& text, const std::string& what) {
  auto value = json::parse(text, nullptr, false);
  if (value.is_discarded())
    return bad_request(what + " is no JSON: " + text.substr(0, 200));
  return value;
}

outcome<json> read_document(const std::string& document) {
  if (document.empty())
    return json(json::object());
  auto all = parse(document, "the stored configuration");
  if (all && !all->is_object())
    return bad_request("the stored configuration is no map of keys");
  return all;
}

/// The type of the values of a key that Cadence knows, whether anything here needs it or not.
outcome<value_type> type_of(const std::string& key) {
  if (key.empty())
    return bad_request("ConfigName is not set on request.");
  if (const auto index = index_of_key(key))
    return dynamic_keys()[*index].type;
  for (const auto& other : foreign_keys())
    if (other.name == key)
      return other.type;
  std::vector<std::string> candidates;
  for (const auto& declared : dynamic_keys())
    candidates.emplace_back(declared.name);
  const auto meant = nearest(key, candidates);
  return bad_request(fmt::format("invalid dynamic config key name: {}{}", key,
                                 meant.empty() ? std::string() : fmt::format("; did you mean {}?", meant)));
}

/// Files spell values more freely than JSON does: here "5" is no number and 5 no text.
bool is_of(const json& value, value_type type) {
  switch (type) {
  case value_type::boolean: return value.is_boolean();
  case value_type::integer: return value.is_number_integer();
  case value_type::number: return value.is_number();
  case value_type::duration:
  case value_type::text: return value.is_string();
  case value_type::list: return value.is_array();
  case value_type::map: break;
  }
  return value.is_object();
}

/// Go's encoder and others write whole numbers as 7.0 or 1e+06.
void make_whole(json& value) {
  if (!value.is_number_float())
    return;
  const auto number = value.get<double>();
  if (std::trunc(number) == number && std::abs(number) < 9e18)
    value = static_cast<std::int64_t>(number);
}

bool same(const json& a, const json& b) {
  return a == b || (a.is_number() && b.is_number() && a.get<double>() == b.get<double>());
}

outcome<json> filters_of(const overlay_filters& filters) {
  auto out = json::object();
  for (const auto& [name, text] : filters) {
    if (!filter_of(name))
      return bad_request(fmt::format("{} is no filter", name));
    auto value = parse(text, name);
    if (!value)
      return value.error();
    make_whole(*value);
    if (!value->is_string() && !value->is_number_integer())
      return bad_request(fmt::format("{}: expected a text or a number", name));
    out[name] = *std::move(value);
  }
  return out;
}

/// Whether a value of the document counts under these filters.
bool counts(const json& entry, const json& filters) {
  const auto given = entry.find("constraints");
  if (given == entry.end() || !given->is_object())
    return true;
  return std::all_of(given->items().begin(), given->items().end(), [&](const auto& one) {
    const auto asked = filters.find(one.key());
    return asked != filters.end() && same(*asked, one.value());
  });
}

bool is_restricted(const json& entry) {
  const auto given = entry.find("constraints");
  return given != entry.end() && given->is_object() && !given->empty();
}

outcome<std::string> bounded(const json& all) {
  auto text = all.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > overlay_bytes_max)
    return bad_request(fmt::format("run-time changes may take {} bytes in all", overlay_bytes_max));
  return text;
}

} // namespace

outcome<std::string> with_values(const std::string& document, const std::string& key,
                                 const std::vector<overlay_value>& values) {
  const auto type = type_of(key);
  if (!type)
    return type.error();
  auto all = read_document(document);
  if (!all)
    return all.error();
  if (values.empty()) {
    all->erase(key);
    return bounded(*all);
  }
  auto list = json::array();
  for (const auto& one : values) {
    auto value = parse(one.value, key);
    if (!value)
      return value.error();
    if (*type == value_type::integer)
      make_whole(*value);
    if (!is_of(*value, *type))
      return bad_request(
          fmt::format("{}: expected a value of type {}, found {}", key, name_of(*type), one.value.substr(0, 200)));
    json entry{{"value", *std::move(value)}};
    auto filters = filters_of(one.filters);
    if (!filters)
      return bad_request(key + ": " + filters.error().message);
    if (!filters->empty())
      entry["constraints"] = *std::move(filters);
    list.push_back(std::move(entry));
  }
  // Ranges, durations and the filters of the key: as for a file.
  const auto alone = parse_yaml(json{{key, list}}.dump(-1, ' ', false, json::error_handler_t::replace), "request");
  if (!alone)
    return alone.error();
  problems found;
  std::vector<std::string> ignored;
  static_cast<void>(read_dynamic(*alone, found, ignored));
  if (!found.empty())
    return found.to_error();
  (*all)[key] = std::move(list);
  return bounded(*all);
}

outcome<std::string> without_values(const std::string& document, const std::string& key,
                                    const std::optional<overlay_filters>& filters) {
  if (const auto type = type_of(key); !type)
    return type.error();
  auto all = read_document(document);
  if (!all)
    return all.error();
  json asked;
  if (filters) {
    auto read = filters_of(*filters);
    if (!read)
      return read.error();
    asked = *std::move(read);
  }
  const auto at = all->find(key);
  if (at == all->end())
    return not_exists("unable to find key");
  auto kept = json::array();
  for (const auto& one : *at) {
    const bool goes = filters ? is_restricted(one) && counts(one, asked) : !is_restricted(one);
    if (!goes)
      kept.push_back(one);
  }
  if (kept.empty())
    all->erase(at);
  else
    *at = std::move(kept);
  return bounded(*all);
}

outcome<std::vector<overlay_entry>> entries_of(const std::string& document) {
  const auto all = read_document(document);
  if (!all)
    return all.error();
  std::vector<overlay_entry> out;
  for (const auto& [key, values] : all->items()) {
    overlay_entry entry{key, {}};
    for (const auto& one : values) {
      overlay_value value{one.value("value", json()).dump(), {}};
      if (is_restricted(one))
        for (const auto& [name, given] : one["constraints"].items())
          value.filters.emplace(name, given.dump());
      entry.values.push_back(std::move(value));
    }
    out.push_back(std::move(entry));
  }
  return out;
}

outcome<std::optional<std::string>> value_in(const std::string& document, const std::string& key,
                                             const overlay_filters& filters) {
  if (const auto type = type_of(key); !type)
    return type.error();
  const auto asked = filters_of(filters);
  if (!asked)
    return asked.error();
  const auto all = read_document(document);
  if (!all)
    return all.error();
  std::optional<std::string> out;
  const auto at = all->find(key);
  if (at == all->end())
    return out;
  for (const auto& one : *at) {
    const bool restricted = is_restricted(one);
    if (restricted && !counts(one, *asked))
      continue;
    out = one.value("value", json()).dump();
    if (restricted)
      break;
  }
  return out;
}

outcome<std::optional<std::string>> value_in(const snapshot& now, const std::string& key,
                                             const overlay_filters& filters) {
  const auto type = type_of(key);
  if (!type)
    return type.error();
  const auto asked = filters_of(filters);
  if (!asked)
    return asked.error();
  const auto index = index_of_key(key);
  if (!index)
    return std::optional<std::string>{};
  const auto meets = [&](const constraint& one) {
    const auto given = asked->find(std::string(name_of(one.by)));
    if (given == asked->end())
      return false;
    if (one.by == filter::task_type || one.by == filter::shard_id)
      return given->is_number_integer() && given->get<std::int64_t>() == one.number;
    return (given->is_string() ? given->get<std::string>() : given->dump()) == one.text;
  };
  for (const auto& value : now.values(*index))
    if (std::all_of(value.constraints.begin(), value.constraints.end(), meets))
      return std::optional(to_json(value, *type));
  return std::optional(to_json(now.unrestricted(*index), *type));
}

} // namespace cadenza::config
