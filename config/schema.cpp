#include "config/schema.hpp"

#include "config/scalar.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

namespace cadenza::config {

namespace {

std::unique_ptr<schema> make_schema() {
  auto root = std::make_unique<schema>();
  for (const auto& o : options()) {
    auto* at = root.get();
    std::string_view rest = o.path;
    while (!rest.empty()) {
      const auto dot = rest.find('.');
      const auto key = rest.substr(0, dot);
      rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
      const auto* there = at->exact(key);
      if (!there)
        there = at->children.emplace_back(std::string(key), std::make_unique<schema>()).second.get();
      at = const_cast<schema*>(there);
    }
    assert(!at->leaf && "an option stands in the table once");
    at->leaf = &o;
  }
  return root;
}

std::string join(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

std::string shown(const tree& value) {
  switch (value.type) {
  case tree::kind::scalar: return fmt::format("\"{}\"", value.text);
  case tree::kind::list: return "a list";
  case tree::kind::map: return "a section";
  case tree::kind::null: break;
  }
  return "nothing";
}

void refuse(const tree& value, std::string_view path, std::string_view expected, problems& out) {
  out.add(fmt::format("{}: {}: expected {}, found {}", value.at.text(), path, expected, shown(value)));
}

void check_scalar(const tree& value, const std::string& path, const option& rule, problems& out) {
  if (value.type != tree::kind::scalar || !is_valid(rule, value.text))
    refuse(value, path, expectation_of(rule), out);
}

void check_leaf(const tree& value, const std::string& path, const option& rule, problems& out) {
  switch (rule.kind) {
  case option_kind::anything: return;
  case option_kind::text_list:
    if (value.type != tree::kind::list)
      return refuse(value, path, expectation_of(rule), out);
    for (const auto& item : value.items)
      check_scalar(item, path, rule, out);
    return;
  case option_kind::text_map:
    if (value.type != tree::kind::map)
      return refuse(value, path, expectation_of(rule), out);
    for (const auto& [key, entry] : value.entries)
      if (entry.type != tree::kind::null)
        check_scalar(entry, join(path, key), rule, out);
    return;
  default: check_scalar(value, path, rule, out);
  }
}

void check_node(const tree& value, const std::string& path, const schema& rules, problems& out);

void check_map(const tree& value, const std::string& path, const schema& rules, problems& out) {
  for (const auto& [key, entry] : value.entries) {
    if (const auto* below = rules.find(key)) {
      check_node(entry, join(path, key), *below, out);
      continue;
    }
    std::vector<std::string> known;
    for (const auto& [name, ignored] : rules.children)
      known.push_back(name);
    auto line = fmt::format("{}: {}: unknown key", entry.at.text(), join(path, key));
    if (const auto meant = nearest(key, known); !meant.empty())
      line += fmt::format("; did you mean {}?", meant);
    else
      line += fmt::format("; known here: {}", fmt::join(known, ", "));
    out.add(std::move(line));
  }
}

void check_node(const tree& value, const std::string& path, const schema& rules, problems& out) {
  if (value.type == tree::kind::null)
    return;
  if (rules.leaf)
    return check_leaf(value, path, *rules.leaf, out);
  if (const auto* item_rules = rules.exact("[]")) {
    if (value.type != tree::kind::list)
      return refuse(value, path, "a list", out);
    for (std::size_t i = 0; i < value.items.size(); ++i)
      check_node(value.items[i], fmt::format("{}[{}]", path, i), *item_rules, out);
    return;
  }
  if (value.type != tree::kind::map)
    return refuse(value, path.empty() ? "the file" : path, "a section with keys", out);
  check_map(value, path, rules, out);
}

tree fallback_of(const option& rule) {
  if (rule.kind == option_kind::text_list || rule.kind == option_kind::anything) {
    tree empty;
    empty.type = rule.kind == option_kind::text_list ? tree::kind::list : tree::kind::map;
    return empty;
  }
  if (rule.kind == option_kind::text_map)
    return tree::map();
  auto out = tree::scalar(std::string(rule.fallback));
  out.quoted = rule.fallback.empty();
  return out;
}

/// Null when there is nothing to show. `named`: below a name the user chose, where only given values are shown unless
/// something in the section is given.
tree effective_node(const tree* value, const schema& rules, bool fill) {
  const bool given = value && value->type != tree::kind::null;
  if (rules.leaf) {
    const auto& rule = *rules.leaf;
    if (given) {
      if (rule.kind == option_kind::secret && !value->text.empty())
        return tree::scalar("***");
      return *value;
    }
    return fill && rule.effect == option_effect::active ? fallback_of(rule) : tree{};
  }
  if (rules.exact("[]")) {
    if (!given)
      return {};
    tree out;
    out.type = tree::kind::list;
    for (const auto& item : value->items)
      out.items.push_back(effective_node(&item, *rules.exact("[]"), false));
    return out;
  }
  tree out;
  for (const auto& [key, below] : rules.children) {
    if (key == "*") {
      for (const auto& [name, entry] : given ? value->entries : decltype(tree::entries){})
        if (!rules.exact(name))
          if (auto shown = effective_node(&entry, *below, false); shown.type != tree::kind::null)
            out.child(name) = std::move(shown);
      continue;
    }
    if (auto shown = effective_node(given ? value->find(key) : nullptr, *below, fill); shown.type != tree::kind::null)
      out.child(key) = std::move(shown);
  }
  return out;
}

} // namespace

const schema* schema::exact(std::string_view key) const {
  for (const auto& [name, below] : children)
    if (name == key)
      return below.get();
  return nullptr;
}

const schema* schema::find(std::string_view key) const {
  if (key == "*" || key == "[]")
    return nullptr;
  const auto* there = exact(key);
  return there ? there : exact("*");
}

const schema& schema::root() {
  static const auto made = make_schema();
  return *made;
}

void check(const tree& document, problems& out) { check_node(document, {}, schema::root(), out); }

const option& reader::rule(std::string_view key) const {
  const auto* at = rules_;
  while (at && !key.empty()) {
    const auto dot = key.find('.');
    at = at->find(key.substr(0, dot));
    key = dot == std::string_view::npos ? std::string_view{} : key.substr(dot + 1);
  }
  assert(at && at->leaf && "only options of the table are read");
  if (asked_)
    asked_->insert(at->leaf);
  return *at->leaf;
}

std::string reader::value(std::string_view key) const {
  const auto& by = rule(key);
  const auto* there = here_ ? here_->find_path(key) : nullptr;
  return there && there->type == tree::kind::scalar ? there->text : std::string(by.fallback);
}

bool reader::flag(std::string_view key) const {
  assert(rule(key).kind == option_kind::boolean);
  return parse_bool(value(key)).value();
}

std::int64_t reader::integer(std::string_view key) const {
  assert(rule(key).kind == option_kind::integer);
  return parse_int(value(key)).value_or(0);
}

std::string reader::text(std::string_view key) const { return value(key); }

std::chrono::nanoseconds reader::duration(std::string_view key) const {
  assert(rule(key).kind == option_kind::duration);
  return parse_duration(value(key)).value();
}

std::int64_t reader::bytes(std::string_view key) const {
  assert(rule(key).kind == option_kind::bytes);
  return parse_bytes(value(key)).value();
}

std::vector<std::string> reader::list(std::string_view key) const {
  assert(rule(key).kind == option_kind::text_list);
  std::vector<std::string> out;
  if (const auto* there = here_ ? here_->find_path(key) : nullptr)
    for (const auto& item : there->items)
      out.push_back(item.text);
  return out;
}

std::map<std::string, std::string> reader::map(std::string_view key) const {
  assert(rule(key).kind == option_kind::text_map);
  std::map<std::string, std::string> out;
  if (const auto* there = here_ ? here_->find_path(key) : nullptr)
    for (const auto& [name, entry] : there->entries)
      out.emplace(name, entry.text);
  return out;
}

bool reader::given(std::string_view key) const {
  const auto* there = here_ ? here_->find_path(key) : nullptr;
  return there && there->type != tree::kind::null;
}

reader reader::at(std::string_view key) const {
  reader out = *this;
  while (!key.empty()) {
    const auto dot = key.find('.');
    const auto step = key.substr(0, dot);
    key = dot == std::string_view::npos ? std::string_view{} : key.substr(dot + 1);
    const auto* below = out.rules_->find(step);
    assert(below && "only sections of the table are read");
    out = reader(out.here_ ? out.here_->find(step) : nullptr, below, join(out.path_, step), asked_);
  }
  return out;
}

std::vector<std::pair<std::string, reader>> reader::named() const {
  std::vector<std::pair<std::string, reader>> out;
  const auto* any = rules_->exact("*");
  assert(any && "only sections with names of the user's choice have names");
  if (here_)
    for (const auto& [name, entry] : here_->entries)
      if (entry.type != tree::kind::null && !rules_->exact(name))
        out.emplace_back(name, reader(&entry, any, join(path_, name), asked_));
  return out;
}

std::vector<reader> reader::items() const {
  std::vector<reader> out;
  const auto* each = rules_->exact("[]");
  assert(each && "only sections that are lists have items");
  if (here_)
    for (std::size_t i = 0; i < here_->items.size(); ++i)
      out.push_back(reader(&here_->items[i], each, fmt::format("{}[{}]", path_, i), asked_));
  return out;
}

std::string reader::where(std::string_view key) const {
  const auto* there = here_ ? here_->find_path(key) : nullptr;
  const auto* nearest_known = there ? there : here_;
  const auto path = key.empty() ? path_ : join(path_, key);
  return fmt::format("{}: {}", nearest_known ? nearest_known->at.text() : "defaults", path);
}

tree effective(const tree& document) {
  auto out = effective_node(&document, schema::root(), true);
  out.type = tree::kind::map;
  return out;
}

} // namespace cadenza::config
