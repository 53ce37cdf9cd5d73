#include "server/offline.hpp"

#include "storage/backups.hpp"

#include <charconv>
#include <filesystem>
#include <ostream>
#include <system_error>

namespace cadenza {

namespace {

/// What stands in a directory besides an empty store and what a restore that was interrupted has left; "" when nothing
/// does, or the directory is not there.
std::string first_entry(const std::string& directory) {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    const auto name = entry.path().filename().string();
    if (name == "lost+found" || name == "store.restoring")
      continue;
    if (name != "store" || !std::filesystem::is_empty(entry.path(), failed))
      return name;
  }
  return {};
}

} // namespace

int restore_backup_offline(const cli::restore_options& options, std::ostream& out, std::ostream& err) {
  auto backups = storage::list_backups(options.backup_dir);
  if (!backups) {
    err << "Error: " << backups.error().message << '\n';
    return 1;
  }
  if (backups->empty()) {
    err << "Error: there is no backup in " << options.backup_dir << '\n';
    return 1;
  }
  std::uint32_t id = backups->back().id;
  if (!options.backup_id.empty()) {
    const auto* end = options.backup_id.data() + options.backup_id.size();
    const auto [rest, problem] = std::from_chars(options.backup_id.data(), end, id);
    if (problem != std::errc{} || rest != end) {
      err << "Error: a backup id is a number, not \"" << options.backup_id << "\"\n";
      return 1;
    }
  }
  if (const auto in_the_way = first_entry(options.data_dir); !in_the_way.empty()) {
    // Lists of other runs, above all: the server would believe them.
    err << "Error: " << options.data_dir << " is not empty (" << in_the_way
        << "); a restore fills an empty data directory, or one that is not there\n";
    return 1;
  }
  const auto target = (std::filesystem::path(options.data_dir) / "store").string();
  if (const auto done = storage::restore_backup(options.backup_dir, id, target); !done) {
    err << "Error: " << done.error().message << '\n';
    return 1;
  }
  // The lists of runs are derived data: the server makes them anew when it starts without them.
  out << "Backup " << id << " restored into " << options.data_dir << '\n';
  return 0;
}

} // namespace cadenza
