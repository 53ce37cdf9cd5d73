#include "config/load.hpp"

#include <array>
#include <filesystem>

#include <fmt/format.h>

namespace cadenza::config {

namespace {

/// Names that Cadence has given up but still reads.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> old_names{{
    {"clusterMetadata", "clusterGroupMetadata"},
    {"clusterGroupMetadata.masterClusterName", "clusterGroupMetadata.primaryClusterName"},
    {"clusterGroupMetadata.clusterInformation", "clusterGroupMetadata.clusterGroup"},
    {"dcRedirectionPolicy", "clusterGroupMetadata.clusterRedirectionPolicy"},
    {"dynamicConfigClient", "dynamicconfig.filebased"},
}};

tree* find_path(tree& in, std::string_view path) { return const_cast<tree*>(std::as_const(in).find_path(path)); }

tree& make_path(tree& in, std::string_view path) {
  auto* at = &in;
  while (!path.empty()) {
    const auto dot = path.find('.');
    at = &at->child(path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  }
  return *at;
}

tree take_path(tree& in, std::string_view path) {
  const auto dot = path.rfind('.');
  auto& parent = dot == std::string_view::npos ? in : *find_path(in, path.substr(0, dot));
  const auto key = dot == std::string_view::npos ? path : path.substr(dot + 1);
  for (auto i = parent.entries.begin(); i != parent.entries.end(); ++i) {
    if (i->first == key) {
      auto out = std::move(i->second);
      parent.entries.erase(i);
      return out;
    }
  }
  return {};
}

void rename_old(tree& document, std::vector<std::string>& warnings) {
  for (const auto& [before, now] : old_names) {
    if (!find_path(document, before))
      continue;
    auto value = take_path(document, before);
    warnings.push_back(fmt::format("{}: {} is an old name of {}", value.at.text(), before, now));
    // Where both are given the present name wins, key by key.
    auto& place = make_path(document, now);
    if (place.type != tree::kind::null)
      merge(value, std::move(place));
    place = std::move(value);
  }
  if (auto* stores = find_path(document, "persistence.datastores")) {
    for (auto& [name, store] : stores->entries) {
      if (!store.find("cassandra") || store.find("nosql"))
        continue;
      auto value = take_path(store, "cassandra");
      warnings.push_back(fmt::format("{}: cassandra is an old name of nosql", value.at.text()));
      store.child("nosql") = std::move(value);
    }
  }
}

/// One line for each section that holds options without effect in this version.
void warn_of_idle(const tree& value, const schema& rules, const std::string& path, std::vector<std::string>& warnings) {
  std::vector<std::string> idle;
  for (const auto& [key, entry] : value.entries) {
    const auto* below = rules.find(key);
    if (!below || entry.type == tree::kind::null)
      continue;
    if (!below->leaf)
      warn_of_idle(entry, *below, path.empty() ? key : fmt::format("{}.{}", path, key), warnings);
    else if (below->leaf->effect == option_effect::checked)
      idle.push_back(key);
  }
  if (!idle.empty())
    warnings.push_back(fmt::format("{}: {}: this version checks these options but does not act on them: {}",
                                   value.at.text(), path, fmt::join(idle, ", ")));
}

/// Files as read, with what they want of the environment.
outcome<void> put_in(tree& document, const variables& from) {
  problems found;
  expand(document, from, found);
  if (!found.empty())
    return found.to_error();
  return {};
}

outcome<loaded> finish(tree document, const std::string& root) {
  loaded out;
  rename_old(document, out.warnings);
  problems found;
  check(document, found);
  if (!found.empty())
    return found.to_error();
  out.values = typed(document, root, found);
  if (!found.empty())
    return found.to_error();
  warn_of_idle(document, schema::root(), {}, out.warnings);
  out.document = std::move(document);
  return out;
}

void compare(const tree* before, const tree* after, const schema& rules, const std::string& path,
             std::vector<change>& out) {
  const auto text_of = [](const tree* value) { return value ? to_yaml(*value) : std::string(); };
  if (rules.leaf) {
    if (text_of(before) != text_of(after))
      out.push_back({path, rules.leaf->reloadable});
    return;
  }
  for (const auto& [key, below] : rules.children) {
    const auto place = path.empty() ? key : fmt::format("{}.{}", path, key);
    if (key == "*" || key == "[]") {
      if (text_of(before) != text_of(after))
        out.push_back({path, false});
      return;
    }
    compare(before ? before->find(key) : nullptr, after ? after->find(key) : nullptr, *below, place, out);
  }
}

} // namespace

outcome<std::vector<std::string>> files_of(const std::string& root, const std::string& directory,
                                           const std::string& environment, const std::string& zone) {
  const auto place = std::filesystem::path(root) / directory;
  std::vector<std::string> names{"base.yaml", environment + ".yaml"};
  if (!zone.empty())
    names.push_back(fmt::format("{}_{}.yaml", environment, zone));
  std::vector<std::string> out;
  for (const auto& name : names) {
    std::error_code ignored;
    if (std::filesystem::exists(place / name, ignored))
      out.push_back((place / name).lexically_normal().string());
  }
  if (out.empty())
    return bad_request(fmt::format("no configuration in {}: none of {} is there", place.lexically_normal().string(),
                                   fmt::join(names, ", ")));
  return out;
}

outcome<loaded> load(const source& from) {
  auto document = tree::map();
  for (const auto& file : from.files) {
    auto text = read_text_file(file);
    if (!text)
      return text.error();
    auto parsed = parse_yaml(*text, file);
    if (!parsed)
      return parsed.error();
    merge(document, *std::move(parsed));
  }
  // After merging: what a later file replaces need not be there.
  CADENZA_TRY(put_in(document, from.environment ? from.environment : process_environment));
  static const auto command_line = std::make_shared<const std::string>("command line");
  for (const auto& [path, value] : from.settings) {
    auto& place = make_path(document, path);
    place = tree::scalar(value, {command_line, 1, 1});
  }
  auto out = finish(std::move(document), from.root);
  if (out && !from.files.empty())
    out->origin = fmt::format("{}", fmt::join(from.files, ", "));
  return out;
}

outcome<loaded> load_text(const std::string& text, const std::string& name) {
  auto parsed = parse_yaml(text, name);
  if (!parsed)
    return parsed.error();
  CADENZA_TRY(put_in(*parsed, process_environment));
  return finish(*std::move(parsed), ".");
}

std::string print(const loaded& which) {
  auto shown = effective(which.document);
  escape(shown);
  return to_yaml(shown);
}

std::vector<change> changes(const loaded& before, const loaded& after) {
  // Passwords are compared as they are, not as they are shown.
  std::vector<change> out;
  compare(&before.document, &after.document, schema::root(), {}, out);
  return out;
}

} // namespace cadenza::config
