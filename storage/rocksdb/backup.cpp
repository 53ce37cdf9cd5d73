#include "storage/open.hpp"
#include "storage/rocksdb/rocksdb_store.hpp"

#include <rocksdb/utilities/backup_engine.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

namespace cadenza::storage {

namespace {

namespace fs = std::filesystem;

backup_info describe(const rocksdb::BackupInfo& info) {
  return {info.backup_id, info.timestamp, info.size, info.number_files, false};
}

error failure(std::string_view what, const std::string& directory, const rocksdb::Status& status) {
  const auto text = std::string(what) + " in " + directory + ": " + status.ToString();
  if (status.IsNotFound())
    return not_exists(text);
  if (status.IsCorruption())
    return {error_kind::internal_data_inconsistency, text};
  return internal_error(text);
}

outcome<std::unique_ptr<rocksdb::BackupEngineReadOnly>> open_to_read(const std::string& directory) {
  std::error_code ignored;
  if (!fs::is_directory(directory, ignored))
    return not_exists("there is no backup directory " + directory);
  rocksdb::BackupEngineReadOnly* backups = nullptr;
  const auto opened =
      rocksdb::BackupEngineReadOnly::Open(rocksdb::Env::Default(), rocksdb::BackupEngineOptions(directory), &backups);
  if (!opened.ok())
    return failure("the backups cannot be read", directory, opened);
  return std::unique_ptr<rocksdb::BackupEngineReadOnly>(backups);
}

} // namespace

outcome<backup_info> create_backup(store& from, const std::string& backup_directory) {
  auto* embedded = dynamic_cast<rocks::rocksdb_store*>(&from);
  if (embedded == nullptr)
    return bad_request("only the embedded store takes backups by itself");
  std::error_code failed;
  fs::create_directories(backup_directory, failed);
  if (failed)
    return bad_request("the backup directory " + backup_directory + " cannot be created: " + failed.message());
  rocksdb::BackupEngine* raw = nullptr;
  const auto opened =
      rocksdb::BackupEngine::Open(rocksdb::Env::Default(), rocksdb::BackupEngineOptions(backup_directory), &raw);
  if (!opened.ok())
    return failure("the backups cannot be opened", backup_directory, opened);
  const std::unique_ptr<rocksdb::BackupEngine> backups(raw);
  rocksdb::CreateBackupOptions options;
  // Flushed rows are in files that the next backup shares; the log would be copied whole each time.
  options.flush_before_backup = true;
  rocksdb::BackupID id = 0;
  const auto created = backups->CreateNewBackup(options, &embedded->db(), &id);
  if (!created.ok())
    return failure("the backup failed", backup_directory, created);
  rocksdb::BackupInfo info;
  const auto told = backups->GetBackupInfo(id, &info);
  if (!told.ok())
    return failure("the new backup cannot be read", backup_directory, told);
  return describe(info);
}

outcome<std::vector<backup_info>> list_backups(const std::string& backup_directory) {
  auto backups = open_to_read(backup_directory);
  if (!backups)
    return backups.error();
  std::vector<rocksdb::BackupInfo> found;
  (*backups)->GetBackupInfo(&found);
  std::vector<backup_info> result;
  result.reserve(found.size());
  for (const auto& info : found)
    result.push_back(describe(info));
  std::vector<rocksdb::BackupID> damaged;
  (*backups)->GetCorruptedBackups(&damaged);
  for (const auto id : damaged) {
    auto& info = result.emplace_back();
    info.id = id;
    info.damaged = true;
  }
  std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return result;
}

outcome<void> verify_backup(const std::string& backup_directory, std::uint32_t id) {
  auto backups = open_to_read(backup_directory);
  if (!backups)
    return backups.error();
  const auto verified = (*backups)->VerifyBackup(id, true);
  if (!verified.ok())
    return failure("backup " + std::to_string(id) + " is not good", backup_directory, verified);
  return {};
}

outcome<void> restore_backup(const std::string& backup_directory, std::uint32_t id, const std::string& directory) {
  auto backups = open_to_read(backup_directory);
  if (!backups)
    return backups.error();
  std::error_code failed;
  if (fs::exists(directory, failed) && (!fs::is_directory(directory, failed) || !fs::is_empty(directory, failed)))
    return bad_request("the directory " + directory + " is not empty; a backup is not written over anything");
  const auto verified = (*backups)->VerifyBackup(id, true);
  if (!verified.ok())
    return failure("backup " + std::to_string(id) + " is not good and was not restored", backup_directory, verified);
  const auto restored = (*backups)->RestoreDBFromBackup(id, directory, directory);
  if (!restored.ok())
    return failure("backup " + std::to_string(id) + " could not be restored", backup_directory, restored);
  return {};
}

} // namespace cadenza::storage
