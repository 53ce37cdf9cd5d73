#include "server/serve_routes.hpp"

#include "config/dynamic_keys.hpp"
#include "config/log.hpp"
#include "server/serve_parts.hpp"
#include "server/storage_watch.hpp"
#include "storage/backups.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <mutex>
#include <optional>

namespace cadenza {
namespace {

using bridge::http_error;
using bridge::http_request;
using bridge::http_response;
using nlohmann::json;

constexpr int failed = 500;
constexpr std::size_t shown_max = 100; ///< of what is wrong

json to_json(const storage::backup_info& b) {
  return {{"id", b.id}, {"created_s", b.created_s}, {"bytes", b.bytes}, {"files", b.files}, {"damaged", b.damaged}};
}

std::string parameter(const http_request& from, const std::string& name) {
  const auto found = from.parameters.find(name);
  return found == from.parameters.end() ? std::string() : found->second;
}

/// What is wrong inside says nothing about the status: the rest is served, and starting the process anew mends none of
/// it.
http_response health_of(const bridge::health_board& health, const open_store& stores, const actors::engine& engine,
                        const clusters_part* clusters) {
  const bool writes = stores.store->accepts_writes();
  const auto wrong = engine.what_is_wrong();
  json deaths = json::array();
  for (const auto& one : wrong.deaths)
    if (deaths.size() < shown_max)
      deaths.push_back({{"path", one.path}, {"reason", one.reason}, {"deaths", one.count}});
  json unreadable = json::array();
  for (const auto& one : wrong.unreadable)
    if (unreadable.size() < shown_max)
      unreadable.push_back({{"where", one.where}, {"what", one.what}});
  const bool serving = health.serving();
  json out = {{"status", serving && !writes ? "RefusingWrites" : std::string(bridge::text_of(health.state()))},
              {"accepts_writes", writes},
              {"died_lately", std::move(deaths)},
              {"unreadable", std::move(unreadable)}};
  if (clusters != nullptr)
    out["other_clusters"] = clusters->reached();
  return json_reply(std::move(out), serving && writes ? 200 : 503);
}

/// What a request about backups is told when it fails.
http_response backup_error(const error& why) {
  switch (why.kind) {
  case error_kind::bad_request: return http_error(400, why.message);
  case error_kind::service_busy: return http_error(409, why.message);
  default: return http_error(failed, why.message);
  }
}

http_response create_backup(open_store& stores, const std::string& directory) {
  auto* source = stores.store->backups();
  if (source == nullptr)
    return http_error(400, "the store takes no backups by itself");
  const std::unique_lock only(stores.backing_up, std::try_to_lock);
  if (!only.owns_lock())
    return http_error(409, "another backup is in progress");
  const auto made = source->create_backup(directory);
  if (!made)
    return backup_error(made.error());
  stores.last_backup_s = newest_backup_s(stores.backup_directory);
  auto reply = to_json(*made);
  reply["directory"] = directory;
  return json_reply(std::move(reply));
}

/// A number of a parameter that may be missing; nothing when it is none.
std::optional<std::int64_t> number_of(const std::string& text, std::int64_t otherwise) {
  std::int64_t out = otherwise;
  const auto* end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, out);
      !text.empty() && (read.ec != std::errc() || read.ptr != end))
    return std::nullopt;
  return out;
}

http_response prune_backups(open_store& stores, const std::string& directory, const http_request& request) {
  const auto keep = number_of(parameter(request, "keep"), 0);
  const auto age_s = number_of(parameter(request, "older_than_s"), 0);
  if (!keep || !age_s || *keep < 1 || *age_s < 0)
    return http_error(400, "keep must be a number from 1 up, older_than_s a number of seconds");
  const std::unique_lock only(stores.backing_up, std::try_to_lock);
  if (!only.owns_lock())
    return http_error(409, "a backup is in progress");
  auto all = storage::list_backups(directory);
  if (!all)
    return backup_error(all.error());
  storage::backup_policy policy;
  policy.keep = static_cast<std::size_t>(*keep);
  if (*age_s > 0)
    policy.taken_before_s = stores.time.now_ns() / 1'000'000'000 - *age_s;
  const auto which = storage::backups_to_remove(*std::move(all), policy);
  if (parameter(request, "dry_run") != "true" && !which.empty()) {
    if (const auto removed = storage::remove_backups(directory, which); !removed)
      return backup_error(removed.error());
    log::info({field::count(which.size()), field::data(directory)}, "{count} backups removed from {data}");
    stores.last_backup_s = newest_backup_s(stores.backup_directory);
  }
  json out = json::array();
  for (const auto& one : which)
    out.push_back(to_json(one));
  return json_reply({{"directory", directory}, {"removed", std::move(out)}});
}

http_response list_backups(const std::string& directory) {
  const auto found = storage::list_backups(directory);
  if (!found && found.error().kind == error_kind::entity_not_exists)
    return json_reply(json::array()); // none was taken yet
  if (!found)
    return http_error(failed, found.error().message);
  json out = json::array();
  for (const auto& b : *found)
    out.push_back(to_json(b));
  return json_reply(out);
}

http_response verify_backup(const std::string& directory, const std::string& wanted) {
  const auto all = storage::list_backups(directory);
  if (!all || all->empty())
    return http_error(failed, all ? "there is no backup in " + directory : all.error().message);
  std::uint32_t id = all->back().id;
  if (!wanted.empty()) {
    const auto* end = wanted.data() + wanted.size();
    if (const auto read = std::from_chars(wanted.data(), end, id); read.ec != std::errc() || read.ptr != end)
      return http_error(400, "no backup number: " + wanted);
  }
  if (const auto fine = storage::verify_backup(directory, id); !fine)
    return http_error(failed, fine.error().message);
  return json_reply({{"id", id}, {"valid", true}});
}

json describe_key(const config::snapshot& now, std::size_t index) {
  const auto& key = config::dynamic_keys()[index];
  const auto value_of = [&key](const config::dynamic_value& value) {
    return json::parse(config::to_json(value, key.type));
  };
  json restricted = json::array();
  for (const auto& value : now.values(index)) {
    json constraints = json::object();
    for (const auto& one : value.constraints)
      constraints[std::string(name_of(one.by))] = one.text;
    restricted.push_back({{"value", value_of(value)}, {"constraints", std::move(constraints)}});
  }
  json filters = json::array();
  for (std::size_t f = 0; f < config::filter_count; ++f)
    if ((key.filters & config::bit(static_cast<config::filter>(f))) != 0)
      filters.push_back(std::string(name_of(static_cast<config::filter>(f))));
  return {{"name", std::string(key.name)},
          {"type", std::string(name_of(key.type))},
          {"default", value_of(config::default_value(index))},
          {"value", value_of(now.unrestricted(index))},
          {"restricted", std::move(restricted)},
          {"filters", std::move(filters)},
          {"active", key.effect == config::key_effect::active},
          {"description", std::string(key.meaning)}};
}

} // namespace

void add_config_routes(bridge::http_server& to, const config::dynamic_config& dynamic) {
  to.add_route("GET", "/admin/config", [&dynamic](const http_request&) {
    const auto now = dynamic.current();
    json out = json::array();
    for (std::size_t i = 0; i < config::dynamic_keys().size(); ++i)
      out.push_back(describe_key(*now, i));
    return json_reply(out);
  });
}

outcome<std::string> backup_directory_of(const std::string& configured, const std::string& asked) {
  namespace fs = std::filesystem;
  if (configured.empty())
    return bad_request("this server has no backup directory: its store is in memory");
  if (asked.empty())
    return configured;
  std::error_code failure;
  const auto root = fs::weakly_canonical(configured, failure);
  const auto wanted = failure ? fs::path() : fs::weakly_canonical(root / asked, failure);
  if (failure)
    return bad_request("the backup directory " + asked + " cannot be found: " + failure.message());
  const auto [beyond_root, rest] = std::mismatch(root.begin(), root.end(), wanted.begin(), wanted.end());
  if (beyond_root != root.end())
    return bad_request("backups are kept below persistence.backupDirectory, " + root.string() + ", and " + asked +
                       " is not there");
  return wanted.string();
}

void add_store_routes(bridge::http_server& to, const bridge::health_board& health, open_store& stores,
                      const actors::engine& engine, const clusters_part* clusters) {
  const auto add = [&](const char* method, const char* path, auto answer) {
    to.add_route(method, path, [&stores, answer](const http_request& request) {
      const auto directory = backup_directory_of(stores.backup_directory, parameter(request, "dir"));
      return directory ? answer(stores, *directory, request) : backup_error(directory.error());
    });
  };
  to.add_route("GET", "/health",
               [&, clusters](const http_request&) { return health_of(health, stores, engine, clusters); });
  to.set_readiness(
      [&stores] { return stores.store->accepts_writes() ? std::string() : std::string("the store refuses writes"); });
  add("POST", "/admin/backup/create", [](open_store& from, const std::string& directory, const http_request&) {
    return create_backup(from, directory);
  });
  add("GET", "/admin/backup/list",
      [](open_store&, const std::string& directory, const http_request&) { return list_backups(directory); });
  add("POST", "/admin/backup/prune", prune_backups);
  add("POST", "/admin/backup/verify", [](open_store&, const std::string& directory, const http_request& request) {
    return verify_backup(directory, parameter(request, "id"));
  });
}

} // namespace cadenza
