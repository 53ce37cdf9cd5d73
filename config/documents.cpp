#include "config/documents.hpp"

#include "config/dynamic_keys.hpp"
#include "config/schema.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

namespace cadenza::config {

namespace {

std::string_view type_of(option_kind kind) {
  constexpr std::array<std::string_view, 10> names{"bool",  "int",    "text",    "secret", "duration",
                                                   "bytes", "choice", "address", "texts",  "map"};
  return kind == option_kind::anything ? "any" : names[static_cast<std::size_t>(kind)];
}

/// A cell of a Markdown table: bars would end it.
std::string cell(std::string_view text, bool code = false) {
  if (text.empty())
    return {};
  std::string out = code ? "`" : "";
  for (const char c : text) {
    if (c == '|')
      out += code ? ", " : "\\|";
    else
      out += c;
  }
  return code ? out + '`' : out;
}

std::string_view effect_of(option_effect effect) {
  switch (effect) {
  case option_effect::active: return "yes";
  case option_effect::checked: return "checked only";
  case option_effect::inert: break;
  }
  return "none";
}

std::string_view effect_of(key_effect effect) {
  switch (effect) {
  case key_effect::active: return "yes";
  case key_effect::later: return "not yet";
  case key_effect::nothing: break;
  }
  return "none";
}

constexpr std::string_view table_head =
    "| Option | Type | Default | Allowed | Effect | Reload | Meaning |\n|---|---|---|---|---|---|---|\n";

std::string row_of(const option& o, std::string_view path) {
  return fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n", path, type_of(o.kind), cell(o.fallback, true),
                     cell(o.limits == "nonempty" ? "not empty" : o.limits, o.limits != "nonempty"), effect_of(o.effect),
                     o.reloadable ? "yes" : "", cell(o.meaning));
}

/// TLS and SASL stand in many places and are told once.
std::string_view shared_section(std::string_view path) {
  for (const std::string_view name : {".tls.", ".sasl."})
    if (path.find(name) != std::string_view::npos)
      return name.substr(1, name.size() - 2);
  return {};
}

/// A leaf the server acts on without the user having chosen a name is below here.
bool has_plain_leaf(const schema& rules) {
  if (rules.leaf)
    return rules.leaf->effect == option_effect::active && rules.leaf->kind != option_kind::anything;
  for (const auto& [key, below] : rules.children)
    if (key != "*" && key != "[]" && has_plain_leaf(*below))
      return true;
  return false;
}

bool has_shown_leaf(const schema& rules) {
  if (rules.leaf)
    return rules.leaf->effect != option_effect::inert;
  for (const auto& [key, below] : rules.children)
    if (has_shown_leaf(*below))
      return true;
  return false;
}

std::string sample_value(const option& o) {
  switch (o.kind) {
  case option_kind::text_list: return "[]";
  case option_kind::text_map:
  case option_kind::anything: return "{}";
  default: return yaml_scalar(o.fallback, false);
  }
}

void wrap(std::string& out, std::string_view pad, std::string_view text) {
  constexpr std::size_t width = 100;
  std::string line;
  std::size_t from = 0;
  while (from < text.size()) {
    const auto space = std::min(text.find(' ', from), text.size());
    const auto word = text.substr(from, space - from);
    if (!line.empty() && pad.size() + line.size() + word.size() + 3 > width) {
      out += fmt::format("{}# {}\n", pad, line);
      line.clear();
    }
    line += line.empty() ? std::string(word) : fmt::format(" {}", word);
    from = space + 1;
  }
  out += fmt::format("{}# {}\n", pad, line);
}

void sample_of(std::string& out, const schema& rules, int depth, bool commented) {
  const std::string pad(static_cast<std::size_t>(depth) * 2, ' ');
  for (const auto& [key, below] : rules.children) {
    if (!has_shown_leaf(*below))
      continue;
    if (depth == 0)
      out += '\n';
    const bool chosen = key == "*" || key == "[]";
    const auto name = chosen ? (key == "*" ? "<name>" : "-") : key;
    if (below->leaf) {
      wrap(out, pad, below->leaf->meaning);
      const bool plain = !commented && has_plain_leaf(*below);
      out += fmt::format("{}{}{}: {}\n", pad, plain ? "" : "#", name, sample_value(*below->leaf));
      continue;
    }
    const bool off = commented || chosen || !has_plain_leaf(*below);
    if (key == "tls" || key == "sasl") {
      out += fmt::format("{}#{}: {{}} # see docs/configuration.md\n", pad, name);
      continue;
    }
    out += fmt::format("{}{}{}{}\n", pad, off ? "#" : "", name, key == "[]" ? "" : ":");
    sample_of(out, *below, depth + 1, off);
  }
}

} // namespace

std::string static_options_markdown() {
  std::string out;
  std::string section;
  std::string shared_tables;
  std::map<std::string_view, std::string> told_at;
  std::string last_shared;
  for (const auto& o : options()) {
    const auto first = o.path.substr(0, o.path.find('.'));
    if (first != section) {
      section = first;
      out += fmt::format("\n### `{}`\n\n{}", section, table_head);
    }
    const auto shared = shared_section(o.path);
    if (shared.empty()) {
      out += row_of(o, o.path);
      continue;
    }
    const auto at = o.path.find(fmt::format(".{}.", shared)) + 1;
    const auto place = o.path.substr(0, at + shared.size());
    if (place != last_shared) {
      last_shared = place;
      out += fmt::format("| `{}` | section | | | {} | | See `{}` below. |\n", place, effect_of(o.effect), shared);
    }
    // The first place tells the rows for all of them.
    const auto [told, first_place] = told_at.emplace(shared, place);
    if (first_place)
      shared_tables += fmt::format("\n### `{}` in any of these places\n\n{}", shared, table_head);
    if (told->second == place)
      shared_tables += row_of(o, o.path.substr(at));
  }
  return out + shared_tables;
}

std::string dynamic_keys_markdown() {
  std::string out;
  for (const std::string_view section : {"limit", "system", "frontend", "matching", "history", "worker"}) {
    out += fmt::format(
        "\n### `{}`\n\n| Key | Type | Default | Filters | Effect | Meaning |\n|---|---|---|---|---|---|\n", section);
    for (const auto& declared : dynamic_keys()) {
      if (declared.name.substr(0, declared.name.find('.')) != section)
        continue;
      std::string by;
      for (std::size_t i = 0; i < filter_count; ++i)
        if (declared.filters & bit(static_cast<filter>(i)))
          by += fmt::format("{}{}", by.empty() ? "" : ", ", name_of(static_cast<filter>(i)));
      const auto shown =
          declared.fallback.size() > 60 ? std::string("see the sample file") : cell(declared.fallback, true);
      out += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", declared.name, name_of(declared.type),
                         declared.fallback == "2147483647" ? "unlimited (`2147483647`)" : shown, by,
                         effect_of(declared.effect), cell(declared.meaning));
    }
  }
  return out;
}

std::string sample_static_yaml() {
  std::string out =
      "# Every option that the server acts on, at its default. Options that are only read and checked in this\n"
      "# version stand here as comments (without a space after #); docs/configuration.md explains them.\n";
  sample_of(out, schema::root(), 0, false);
  return out;
}

std::string sample_dynamic_yaml() {
  std::string out =
      "# Every key of the dynamic configuration, at its default. A key has a list of values; a value with\n"
      "# constraints counts where all of them are met: {value: 5, constraints: {domainName: orders}}.\n";
  for (const auto& declared : dynamic_keys()) {
    out += '\n';
    wrap(out, "", declared.meaning);
    const bool structured = declared.type == value_type::list || declared.type == value_type::map;
    out += fmt::format("{}:\n- value: {}\n", declared.name,
                       structured ? std::string(declared.fallback) : yaml_scalar(declared.fallback, false));
  }
  return out;
}

} // namespace cadenza::config
