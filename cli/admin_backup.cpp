#include "cli/admin_http.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/time_range.hpp"

#include <ostream>

namespace cadenza::cli {

namespace {

constexpr std::chrono::seconds backup_timeout{600};

std::int64_t number_of(const json& backup, const char* key) {
  return backup.contains(key) && backup[key].is_number_integer() ? backup[key].get<std::int64_t>() : 0;
}

/// One backup, or a list of them, as the server tells of them.
status show_backups(invocation& call, const json& answer) {
  auto backups = rows_of(answer, "backups");
  if (backups.is_null() && answer.is_object() && answer.contains("id"))
    backups = json::array({answer});
  if (backups.is_null())
    return problem{"The server's answer cannot be read.", compact(answer).substr(0, 200)};
  row_set rows{{"Backup", "Created", "Bytes", "Files", "State"}, {}};
  for (const auto& one : backups) {
    if (!one.is_object())
      return problem{"The server's answer cannot be read.", compact(one).substr(0, 200)};
    const bool damaged = one.contains("damaged") && one["damaged"] == true;
    rows.rows.push_back({std::to_string(number_of(one, "id")),
                         local_text(number_of(one, "created_s") * 1'000'000'000, time_style::date_time),
                         std::to_string(number_of(one, "bytes")), std::to_string(number_of(one, "files")),
                         damaged ? "damaged" : "whole"});
    rows.data.push_back(one);
  }
  return show(call, rows);
}

status create(invocation& call) {
  std::string path = "/admin/backup/create?kind=" + call.text("kind");
  if (!call.text("dir").empty())
    path += "&dir=" + url_escaped(call.text("dir"));
  auto answer = http_json(call.http_address(), http_verb::post, path, call.timeout(backup_timeout));
  if (!answer)
    return failed("Backup failed.", answer.error());
  if (answer->is_object() && answer->contains("directory") && (*answer)["directory"].is_string())
    call.err() << "Backup taken into " << (*answer)["directory"].get<std::string>() << '\n';
  return show_backups(call, *answer);
}

status prune(invocation& call) {
  std::string path = "/admin/backup/prune?keep=" + std::to_string(call.number("keep"));
  if (call.given("older_than"))
    path += "&older_than_s=" + std::to_string(call.number("older_than"));
  if (call.on("dry_run"))
    path += "&dry_run=true";
  if (!call.text("dir").empty())
    path += "&dir=" + url_escaped(call.text("dir"));
  auto answer = http_json(call.http_address(), http_verb::post, path, call.timeout(backup_timeout));
  if (!answer)
    return failed("Backups could not be removed.", answer.error());
  const auto removed = rows_of(*answer, "removed");
  if (removed.is_array() && removed.empty())
    call.err() << "No backup is old enough to be removed.\n";
  return show_backups(call, removed);
}

status list(invocation& call) {
  const std::string dir = call.text("dir").empty() ? "" : "?dir=" + url_escaped(call.text("dir"));
  auto answer = http_json(call.http_address(), http_verb::get, "/admin/backup/list" + dir, call.timeout());
  if (!answer)
    return failed("Cannot list backups.", answer.error());
  if (answer->is_array() && answer->empty()) {
    call.err() << "There are no backups" << (dir.empty() ? "" : " in " + call.text("dir")) << " yet.\n";
    if (!call.json())
      return {};
  }
  return show_backups(call, *answer);
}

status verify(invocation& call) {
  std::string path = "/admin/backup/verify?id=" + url_escaped(call.argument(0));
  if (!call.text("dir").empty())
    path += "&dir=" + url_escaped(call.text("dir"));
  auto answer = http_json(call.http_address(), http_verb::post, path, call.timeout(backup_timeout));
  if (!answer)
    return failed("Backup verification failed.", answer.error());
  const auto id = answer->is_object() && answer->contains("id") ? compact((*answer)["id"]) : call.argument(0);
  done(call, "Backup " + id + " is whole.", {{"id", payload_json(id)}, {"valid", true}});
  return {};
}

status restore(invocation& call) {
  if (!call.local().backup_restore)
    return problem{"This program cannot restore backups.", ""};
  const auto code =
      call.local().backup_restore({call.text("dir"), call.argument(0), call.text("data")}, call.out(), call.err());
  if (code != 0)
    return problem{"Restore failed.", ""};
  return {};
}

} // namespace

command admin_backup_commands() {
  const flag dir{"dir,d", "directory of the backups, below the server's own; that one when left out"};
  flag from = dir;
  from.help = "directory of the backups";
  from.required = true;
  flag to{"data", "data directory to fill; must be empty"};
  to.required = true;
  command group{"backup", {"bk"}, "Back up the server's store"};
  command check{"verify", {"v"}, "Check that a backup is complete and undamaged", {dir, format_flag()}, verify};
  check.arguments = "[id]";
  check.arguments_max = 1;
  command fill{
      "restore", {}, "Restore a backup into an empty data directory, which no server may use", {from, to}, restore};
  fill.arguments = "[id]";
  fill.arguments_max = 1;
  flag keep{"keep", "how many of the newest complete backups to keep", flag_kind::number};
  keep.required = true;
  const flag age{"older_than", "remove only backups older than this, as 30d", flag_kind::seconds};
  group.commands = {
      {"create",
       {"c"},
       "Back up a running server",
       {{"kind", "what to print", flag_kind::text, "incremental", "", false, {"full", "incremental"}},
        dir,
        format_flag()},
       create},
      {"list", {"l"}, "List backups", {dir, format_flag()}, list},
      check,
      fill,
      {"prune",
       {"p"},
       "Remove old backups",
       {keep, age, {"dry_run", "only show what would be removed", flag_kind::toggle}, dir, format_flag()},
       prune},
  };
  return group;
}

} // namespace cadenza::cli
