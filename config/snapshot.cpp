#include "config/snapshot.hpp"

#include "config/scalar.hpp"

#include <algorithm>
#include <cassert>
#include <unordered_map>

#include <fmt/format.h>

namespace cadenza::config {

namespace {

const std::unordered_map<std::string_view, std::uint16_t>& index_of_name() {
  static const auto all = [] {
    std::unordered_map<std::string_view, std::uint16_t> out;
    for (const auto& declared : dynamic_keys())
      out.emplace(declared.name, static_cast<std::uint16_t>(out.size()));
    assert(out.size() == dynamic_keys().size() && "a key stands in the table once");
    return out;
  }();
  return all;
}

std::string expectation_of(value_type type, std::int64_t least) {
  switch (type) {
  case value_type::boolean: return "true or false";
  case value_type::integer: return fmt::format("an integer of at least {}", least);
  case value_type::number: return "a number of at least 0";
  case value_type::duration: return "a duration like \"1m30s\", not negative";
  case value_type::text: return "a text";
  case value_type::list: return "a list";
  case value_type::map: break;
  }
  return "a map";
}

/// False: `value.given` is not of the type.
bool interpret(dynamic_value& value, value_type type, std::int64_t least) {
  const auto& given = value.given;
  if (type == value_type::list)
    return given.type == tree::kind::list;
  if (type == value_type::map)
    return given.type == tree::kind::map;
  if (given.type != tree::kind::scalar)
    return false;
  switch (type) {
  case value_type::boolean: {
    const auto parsed = parse_bool(given.text);
    value.integer = parsed.value_or(false) ? 1 : 0;
    return parsed && !given.quoted;
  }
  case value_type::integer: {
    const auto parsed = parse_int(given.text);
    value.integer = parsed.value_or(0);
    return parsed && !given.quoted && *parsed >= least;
  }
  case value_type::number: {
    const auto parsed = parse_number(given.text);
    value.number = parsed.value_or(0);
    return parsed && !given.quoted && *parsed >= 0;
  }
  case value_type::duration: {
    const auto parsed = parse_duration(given.text);
    value.integer = parsed ? parsed->count() : 0;
    return parsed && parsed->count() >= 0;
  }
  default: return true;
  }
}

std::string list_of(filter_set allowed) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < filter_count; ++i)
    if (allowed & bit(static_cast<filter>(i)))
      names.push_back(name_of(static_cast<filter>(i)));
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

bool read_constraints(const tree& from, std::string_view key, filter_set allowed, dynamic_value& into, problems& out) {
  if (from.type != tree::kind::map && from.type != tree::kind::null) {
    out.add(fmt::format("{}: {}: constraints: expected a map", from.at.text(), key));
    return false;
  }
  for (const auto& [name, value] : from.entries) {
    const auto by = filter_of(name);
    if (!by || !(allowed & bit(*by))) {
      out.add(fmt::format("{}: {}: {} is no filter of this key; its filters: {}", value.at.text(), key, name,
                          list_of(allowed)));
      return false;
    }
    constraint one{*by, value.text};
    if (*by == filter::task_type || *by == filter::shard_id) {
      const auto number = parse_int(value.text);
      if (!number || *number < 0 || (*by == filter::task_type && *number > 1)) {
        out.add(fmt::format("{}: {}: {}: expected {}, found \"{}\"", value.at.text(), key, name,
                            *by == filter::task_type ? "0 (decision) or 1 (activity)" : "the number of a shard",
                            value.text));
        return false;
      }
      one.number = *number;
    } else if (value.type != tree::kind::scalar) {
      out.add(fmt::format("{}: {}: {}: expected a text", value.at.text(), key, name));
      return false;
    }
    into.constraints.push_back(std::move(one));
  }
  return true;
}

std::vector<dynamic_value> read_values(const tree& from, std::string_view key, value_type type, std::int64_t least,
                                       filter_set allowed, problems& out) {
  std::vector<dynamic_value> values;
  if (from.type != tree::kind::list) {
    out.add(fmt::format("{}: {}: expected a list of {{value, constraints}}", from.at.text(), key));
    return values;
  }
  for (const auto& item : from.items) {
    dynamic_value value;
    const tree nothing;
    const tree* constraints = &nothing;
    const tree* given = nullptr;
    for (const auto& [name, entry] : item.entries) {
      if (name == "value")
        given = &entry;
      else if (name == "constraints")
        constraints = &entry;
      else
        out.add(fmt::format("{}: {}: {}: unknown key; known here: value, constraints", entry.at.text(), key, name));
    }
    if (!given) {
      out.add(fmt::format("{}: {}: expected a value", item.at.text(), key));
      continue;
    }
    value.given = *given;
    if (!interpret(value, type, least)) {
      out.add(fmt::format("{}: {}: expected {}, found {}", given->at.text(), key, expectation_of(type, least),
                          given->type == tree::kind::scalar ? fmt::format("\"{}\"", given->text) : "another kind"));
      continue;
    }
    if (read_constraints(*constraints, key, allowed, value, out))
      values.push_back(std::move(value));
  }
  return values;
}

void read_unknown(const std::string& key, const tree& from, problems& out, std::vector<std::string>& warnings) {
  constexpr filter_set any = (1u << filter_count) - 1;
  const auto others = foreign_keys();
  const auto at =
      std::find_if(others.begin(), others.end(), [&](const foreign_key& other) { return other.name == key; });
  if (at != others.end()) {
    // Negative numbers mean something for a few of them.
    static_cast<void>(read_values(from, key, at->type, INT64_MIN, any, out));
    warnings.push_back(fmt::format("{}: {}: nothing here needs this key of Cadence", from.at.text(), key));
    return;
  }
  std::vector<std::string> candidates;
  for (const auto& declared : dynamic_keys())
    candidates.emplace_back(declared.name);
  const auto meant = nearest(key, candidates);
  out.add(fmt::format("{}: {}: unknown key{}", from.at.text(), key,
                      meant.empty() ? std::string() : fmt::format("; did you mean {}?", meant)));
}

dynamic_value default_of(const key_declaration& declared) {
  dynamic_value out;
  if (declared.type == value_type::list || declared.type == value_type::map) {
    auto parsed = parse_yaml(std::string(declared.fallback), "defaults");
    assert(parsed && "defaults of the table are YAML");
    out.given = *std::move(parsed);
  } else {
    out.given = tree::scalar(std::string(declared.fallback));
  }
  const bool good = interpret(out, declared.type, declared.least);
  assert(good && "defaults of the table are of their type");
  static_cast<void>(good);
  return out;
}

bool meets(const constraint& one, const filters& about) {
  switch (one.by) {
  case filter::domain_name: return one.text == about.domain;
  case filter::domain_id: return one.text == about.domain_id;
  case filter::task_list_name: return one.text == about.task_list;
  case filter::task_type: return one.number == about.task_type;
  case filter::shard_id: return one.number == about.shard;
  case filter::cluster_name: return one.text == about.cluster;
  case filter::workflow_id: return one.text == about.workflow_id;
  case filter::workflow_type: return one.text == about.workflow_type;
  case filter::ratelimit_key: return one.text == about.ratelimit_key;
  case filter::entity_namespace: break;
  }
  return one.text == about.entity_namespace;
}

} // namespace

dynamic_layer read_dynamic(const tree& document, problems& out, std::vector<std::string>& warnings) {
  dynamic_layer layer(dynamic_keys().size());
  if (document.type != tree::kind::map) {
    out.add(fmt::format("{}: expected a map of keys", document.at.text()));
    return layer;
  }
  for (const auto& [key, values] : document.entries) {
    const auto known = index_of_name().find(key);
    if (known == index_of_name().end()) {
      read_unknown(key, values, out, warnings);
      continue;
    }
    const auto& declared = dynamic_keys()[known->second];
    if (values.type != tree::kind::null)
      layer[known->second] = read_values(values, key, declared.type, declared.least, declared.filters, out);
  }
  return layer;
}

dynamic_value default_value(std::size_t index) { return default_of(dynamic_keys()[index]); }

snapshot::snapshot(const dynamic_layer& below, const dynamic_layer& over, std::uint64_t version) : version_(version) {
  const auto declared = dynamic_keys();
  slots_.resize(declared.size());
  for (std::size_t i = 0; i < declared.size(); ++i) {
    slots_[i].fallback = default_of(declared[i]);
    for (const auto& value : over[i].empty() ? below[i] : over[i]) {
      if (value.constraints.empty())
        slots_[i].fallback = value;
      else
        slots_[i].restricted.push_back(value);
    }
  }
}

const dynamic_value& snapshot::find_restricted(const slot& at, const filters& about) {
  for (const auto& value : at.restricted)
    if (std::all_of(value.constraints.begin(), value.constraints.end(),
                    [&](const constraint& one) { return meets(one, about); }))
      return value;
  return at.fallback;
}

} // namespace cadenza::config
