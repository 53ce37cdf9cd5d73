#include "messages/invariant.hpp"
#include "storage/backups.hpp"
#include "storage/rocksdb/rocksdb_store.hpp"

#include <rocksdb/utilities/backup_engine.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

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

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/'))
    path.pop_back();
  return path;
}

/// Makes the names in a directory outlast a crash of the machine.
std::error_code sync_directory(const fs::path& directory) {
  const int handle = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool good = handle >= 0 && ::fsync(handle) == 0;
  const auto failed = good ? std::error_code{} : std::error_code{errno, std::generic_category()};
  if (handle >= 0)
    ::close(handle);
  return failed;
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

/// Keeps everybody else from writing into a backup directory, also other processes: whoever opens it to write removes
/// what an unfinished backup of another one has there.
class backup_lock {
public:
  explicit backup_lock(const std::string& directory)
    : file_(open((fs::path(directory) / "LOCK").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)),
      held_(file_ >= 0 && flock(file_, LOCK_EX | LOCK_NB) == 0), why_(held_ ? 0 : errno) {}
  ~backup_lock() {
    if (file_ >= 0)
      close(file_);
  }
  backup_lock(const backup_lock&) = delete;
  backup_lock& operator=(const backup_lock&) = delete;

  [[nodiscard]] outcome<void> held(const std::string& directory) const {
    if (held_)
      return {};
    if (why_ == EWOULDBLOCK)
      return service_busy("another backup is in progress into " + directory);
    return bad_request("the backup directory " + directory + " cannot be written: " + std::strerror(why_));
  }

private:
  const int file_;
  const bool held_;
  const int why_;
};

} // namespace

outcome<backup_info> rocks::rocksdb_store::create_backup(const std::string& backup_directory) {
  std::error_code failed;
  fs::create_directories(backup_directory, failed);
  if (failed)
    return bad_request("the backup directory " + backup_directory + " cannot be created: " + failed.message());
  const backup_lock lock(backup_directory);
  CADENZA_TRY(lock.held(backup_directory));
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
  const auto created = backups->CreateNewBackup(options, engine_->data().db, &id);
  if (!created.ok())
    return failure("the backup failed", backup_directory, created);
  rocksdb::BackupInfo info;
  const auto told = backups->GetBackupInfo(id, &info);
  if (!told.ok())
    return failure("the new backup cannot be read", backup_directory, told);
  const auto good = backups->VerifyBackup(id, true);
  if (!good.ok())
    return failure("the new backup " + std::to_string(id) + " is not good", backup_directory, good);
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

std::vector<backup_info> backups_to_remove(std::vector<backup_info> all, const backup_policy& policy) {
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id > b.id; });
  std::size_t whole = 0;
  std::erase_if(all, [&](const backup_info& one) {
    if (one.damaged)
      return false;
    const bool old = policy.taken_before_s == 0 || one.created_s < policy.taken_before_s;
    return ++whole <= std::max<std::size_t>(policy.keep, 1) || !old;
  });
  const auto removed = std::count_if(all.begin(), all.end(), [](const backup_info& one) { return !one.damaged; });
  CADENZA_ASSERT(whole == 0 || static_cast<std::size_t>(removed) < whole, "of the backups that are good one stays");
  if (whole == 0)
    all.clear(); // what is damaged is all there is: somebody may want to look at it
  std::reverse(all.begin(), all.end());
  return all;
}

outcome<void> remove_backups(const std::string& backup_directory, const std::vector<backup_info>& which) {
  const backup_lock lock(backup_directory);
  CADENZA_TRY(lock.held(backup_directory));
  rocksdb::BackupEngine* raw = nullptr;
  const auto opened =
      rocksdb::BackupEngine::Open(rocksdb::Env::Default(), rocksdb::BackupEngineOptions(backup_directory), &raw);
  if (!opened.ok())
    return failure("the backups cannot be opened", backup_directory, opened);
  const std::unique_ptr<rocksdb::BackupEngine> backups(raw);
  for (const auto& one : which)
    if (const auto removed = backups->DeleteBackup(one.id); !removed.ok())
      return failure("backup " + std::to_string(one.id) + " cannot be removed", backup_directory, removed);
  return {};
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
  // Into a place of its own first: what a restore that ends half way leaves behind never looks like a store.
  const auto unfinished = without_slash(directory) + ".restoring";
  fs::remove_all(unfinished, failed);
  if (!failed)
    fs::create_directories(unfinished, failed);
  if (failed)
    return bad_request("the directory " + unfinished + " cannot be made: " + failed.message());
  const auto restored = (*backups)->RestoreDBFromBackup(id, unfinished, unfinished);
  if (!restored.ok()) {
    fs::remove_all(unfinished, failed); // what stays, the next restore removes
    return failure("backup " + std::to_string(id) + " could not be restored", backup_directory, restored);
  }
  fs::rename(unfinished, directory, failed);
  if (!failed)
    failed = sync_directory(fs::path(unfinished).parent_path());
  if (failed)
    return internal_error("backup " + std::to_string(id) + " is restored in " + unfinished +
                          " and cannot be moved to " + directory + ": " + failed.message());
  return {};
}

} // namespace cadenza::storage
