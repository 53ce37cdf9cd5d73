#include "config/dynamic.hpp"

#include "config/scalar.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cadenza::config {

namespace {

using nlohmann::json;

json json_of(const tree& value) {
  switch (value.type) {
  case tree::kind::null: return nullptr;
  case tree::kind::list: {
    auto out = json::array();
    for (const auto& item : value.items)
      out.push_back(json_of(item));
    return out;
  }
  case tree::kind::map: {
    auto out = json::object();
    for (const auto& [key, entry] : value.entries)
      out[key] = json_of(entry);
    return out;
  }
  case tree::kind::scalar: break;
  }
  if (!value.quoted) {
    if (const auto number = parse_int(value.text))
      return *number;
    if (const auto number = parse_number(value.text))
      return *number;
    if (const auto flag = parse_bool(value.text))
      return *flag;
  }
  return value.text;
}

/// Whether an entry of the document is restricted to exactly these filters.
bool same_constraints(const tree& entry, const std::map<std::string, std::string>& wanted) {
  const auto* given = entry.find("constraints");
  const auto count = given ? given->entries.size() : 0;
  return count == wanted.size() && std::all_of(wanted.begin(), wanted.end(), [&](const auto& one) {
           const auto* value = given->find(one.first);
           return value && value->text == one.second;
         });
}

} // namespace

std::optional<std::size_t> index_of_key(std::string_view name) {
  const auto all = dynamic_keys();
  const auto at = std::find_if(all.begin(), all.end(), [&](const key_declaration& one) { return one.name == name; });
  if (at == all.end())
    return std::nullopt;
  return static_cast<std::size_t>(at - all.begin());
}

std::string to_json(const dynamic_value& value, value_type type) {
  if (type == value_type::text || type == value_type::duration)
    return json(value.given.text).dump();
  return json_of(value.given).dump();
}

dynamic_config::dynamic_config()
  : file_(dynamic_keys().size()), over_(dynamic_keys().size()), over_document_(tree::map()) {
  publish();
}

void dynamic_config::publish() {
  const auto next = std::make_shared<const snapshot>(file_, over_, ++version_);
  current_.store(next, std::memory_order_release);
  for (const auto& [id, told] : subscribers_)
    told(next);
}

outcome<void> dynamic_config::read_file(const std::string& path) {
  std::error_code failure;
  const auto modified = std::filesystem::last_write_time(path, failure);
  const auto bytes = failure ? 0 : std::filesystem::file_size(path, failure);
  auto text = read_text_file(path);
  if (!text)
    return text.error();
  auto document = parse_yaml(*text, path);
  if (!document)
    return document.error();
  problems found;
  std::vector<std::string> warnings;
  auto layer = read_dynamic(*document, found, warnings);
  // Told apart from a file never read: a broken file is not read again until it changes.
  read_at_ = {modified.time_since_epoch().count(), bytes};
  if (!found.empty())
    return found.to_error();
  path_ = path;
  file_ = std::move(layer);
  warnings_ = std::move(warnings);
  publish();
  return {};
}

outcome<void> dynamic_config::load_file(const std::string& path) {
  const std::scoped_lock lock(lock_);
  return read_file(path);
}

void dynamic_config::forget_file() {
  const std::scoped_lock lock(lock_);
  if (path_.empty())
    return;
  path_.clear();
  file_ = dynamic_layer(dynamic_keys().size());
  warnings_.clear();
  publish();
}

outcome<bool> dynamic_config::reload(bool always) {
  const std::scoped_lock lock(lock_);
  if (path_.empty())
    return false;
  if (!always) {
    std::error_code failure;
    const auto modified = std::filesystem::last_write_time(path_, failure);
    const auto bytes = failure ? 0 : std::filesystem::file_size(path_, failure);
    if (failure)
      return bad_request(fmt::format("{}: {}", path_, failure.message()));
    if (read_at_ == stamp{modified.time_since_epoch().count(), bytes})
      return false;
  }
  if (auto read = read_file(path_); !read)
    return read.error();
  return true;
}

outcome<void> dynamic_config::set_overrides(const std::string& text) {
  auto document = parse_yaml(text, "runtime");
  if (!document)
    return document.error();
  problems found;
  std::vector<std::string> ignored;
  auto layer = read_dynamic(*document, found, ignored);
  if (!found.empty())
    return found.to_error();
  const std::scoped_lock lock(lock_);
  over_ = std::move(layer);
  over_document_ = *std::move(document);
  publish();
  return {};
}

std::vector<std::string> dynamic_config::adopt_overrides(const std::string& text) {
  auto document = parse_yaml(text, "runtime");
  if (!document)
    return {document.error().message};
  std::vector<std::string> refused;
  std::erase_if(document->entries, [&](const auto& entry) {
    auto alone = tree::map();
    alone.entries.push_back(entry);
    problems found;
    std::vector<std::string> ignored;
    static_cast<void>(read_dynamic(alone, found, ignored));
    refused.insert(refused.end(), found.lines().begin(), found.lines().end());
    return !found.empty();
  });
  problems none;
  std::vector<std::string> ignored;
  auto layer = read_dynamic(*document, none, ignored);
  const std::scoped_lock lock(lock_);
  over_ = std::move(layer);
  over_document_ = *std::move(document);
  publish();
  return refused;
}

std::string dynamic_config::overrides() const {
  const std::scoped_lock lock(lock_);
  auto all = json::object();
  for (const auto& [key, values] : over_document_.entries)
    all[key] = json_of(values);
  return all.dump();
}

outcome<void> dynamic_config::update(const std::string& key_name, const std::string& values) {
  auto parsed = parse_yaml(values, "runtime");
  if (!parsed)
    return parsed.error();
  const std::scoped_lock lock(lock_);
  auto document = over_document_;
  document.child(key_name) = *std::move(parsed);
  problems found;
  std::vector<std::string> ignored;
  auto layer = read_dynamic(document, found, ignored);
  if (!found.empty())
    return found.to_error();
  over_ = std::move(layer);
  over_document_ = std::move(document);
  publish();
  return {};
}

outcome<void> dynamic_config::restore(const std::string& key_name,
                                      const std::map<std::string, std::string>& constraints) {
  if (!index_of_key(key_name))
    return bad_request(fmt::format("{}: unknown key", key_name));
  const std::scoped_lock lock(lock_);
  auto& entries = over_document_.entries;
  const auto at = std::find_if(entries.begin(), entries.end(), [&](const auto& one) { return one.first == key_name; });
  if (at == entries.end())
    return {};
  if (!constraints.empty())
    std::erase_if(at->second.items, [&](const tree& one) { return same_constraints(one, constraints); });
  if (constraints.empty() || at->second.items.empty())
    entries.erase(at);
  problems none;
  std::vector<std::string> ignored;
  over_ = read_dynamic(over_document_, none, ignored);
  publish();
  return {};
}

std::vector<std::string> dynamic_config::warnings() const {
  const std::scoped_lock lock(lock_);
  return warnings_;
}

dynamic_config::subscription dynamic_config::subscribe(std::function<void(const snapshot_ptr&)> told) {
  const std::scoped_lock lock(lock_);
  const auto id = ++last_subscriber_;
  subscribers_.emplace(id, std::move(told));
  return {nullptr, [this, id](void*) {
            const std::scoped_lock inside(lock_);
            subscribers_.erase(id);
          }};
}

} // namespace cadenza::config
