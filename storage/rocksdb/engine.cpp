#include "storage/rocksdb/engine.hpp"

#include "messages/invariant.hpp"
#include "storage/rocksdb/options.hpp"
#include "storage/rocksdb/upgrade.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace cadenza::storage::rocks {

namespace {

namespace fs = std::filesystem;

outcome<void> prepare_directory(const std::string& directory) {
  std::error_code failure;
  fs::create_directories(directory, failure);
  if (failure)
    return bad_request("the data directory " + directory + " cannot be created: " + failure.message());
  if (!fs::is_directory(directory, failure))
    return bad_request("the data directory " + directory + " is not a directory");
  if (fs::exists(fs::path(directory) / "CURRENT", failure))
    return {};
  // Without this file the engine would begin a new store over the remains of the old one.
  for (fs::directory_iterator it(directory, failure), end; !failure && it != end; it.increment(failure)) {
    const auto name = it->path().filename().string();
    if (name.ends_with(".sst") || name.ends_with(".log") || name.starts_with("MANIFEST-"))
      return error(error_kind::internal_data_inconsistency,
                   "the data directory " + directory + " is damaged: it has " + name + " but no file CURRENT");
  }
  if (failure)
    return bad_request("the data directory " + directory + " cannot be read: " + failure.message());
  return {};
}

error open_failure(const std::string& directory, const rocksdb::Status& status) {
  const auto text = status.ToString();
  if (text.find(std::strerror(EROFS)) != text.npos || text.find(std::strerror(EACCES)) != text.npos)
    return bad_request("the data directory " + directory + " cannot be written: " + text);
  // The engine has no code of its own for a lock that is held.
  if (status.IsIOError() && text.find("lock") != text.npos)
    return unavailable("the data directory " + directory + " is in use by another process");
  if (status.IsCorruption())
    return {error_kind::internal_data_inconsistency,
            "the data directory " + directory + " is damaged and was not opened: " + text +
                ". Restore a backup, or open it up to the damage, which loses acknowledged writes."};
  if (status.IsInvalidArgument())
    return {error_kind::internal_data_inconsistency,
            "the data directory " + directory + " was written by another version: " + text};
  return internal_error("the data directory " + directory + " cannot be opened: " + text);
}

void stop_process(std::string_view reason) {
  std::fprintf(stderr, "cadenza: the store cannot continue; stopping: %.*s\n", static_cast<int>(reason.size()),
               reason.data());
  std::abort();
}

} // namespace

engine::engine(rocksdb_options options) : options_(std::move(options)), logs_(options_.directory) {
  if (!options_.fatal)
    options_.fatal = stop_process;
  health_ = std::make_shared<health>(options_.probes.writable_changed);
  watch_ = std::make_shared<disk_watch>();
  watch_->log_synced = options_.probes.log_synced;
  watch_->fault = options_.disk_fault;
  watch_->logs = &logs_;
  watch_->sync_failed = [this](std::string_view reason, bool no_space) {
    log_sync_failed_.store(true, std::memory_order_release);
    if (!no_space)
      options_.fatal("a sync to the disk failed, what is stored is not known any more: " + std::string(reason));
  };
  env_ = rocksdb::NewCompositeEnv(watched_file_system(watch_));
}

engine::~engine() {
  resumer_.reset();
  if (data_.db == nullptr)
    return;
  for (auto* family : data_.families)
    if (family != nullptr)
      data_.db->DestroyColumnFamilyHandle(family);
  data_.db->DestroyColumnFamilyHandle(default_family_);
  delete data_.db;
}

void engine::flush() {
  std::vector<rocksdb::ColumnFamilyHandle*> families(data_.families.begin(), data_.families.end());
  families.push_back(default_family_);
  // The rows are in the log already: a table that cannot be written now is read from there at the next start.
  rocksdb::FlushOptions options;
  options.allow_write_stall = true; // nobody writes any more
  data_.db->Flush(options, families).PermitUncheckedError();
}

outcome<std::unique_ptr<engine>> engine::open(rocksdb_options options) {
  CADENZA_TRY(prepare_directory(options.directory));
  std::unique_ptr<engine> opened(new engine(std::move(options)));
  CADENZA_TRY(opened->open_database());
  CADENZA_TRY(table_rewrite(opened->data_, opened->default_family_).finish());
  CADENZA_TRY(opened->check_format());
  opened->begin_resuming();
  return opened;
}

outcome<void> engine::open_database() {
  if (options_.recover_to_point_in_time)
    logs_.begin_anew();
  else
    CADENZA_TRY(logs_.check());
  auto families = family_options(options_);
  const rocksdb::Options options(database_options(options_, env_.get(), health_), {});
  std::error_code ignored;
  const bool fresh = !fs::exists(fs::path(options_.directory) / "CURRENT", ignored);
  // Families that an open creates are created with an options file each; all at once they share one.
  const auto opened_first = fresh ? decltype(families)(families.begin(), families.begin() + 1) : families;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  auto status = rocksdb::DB::Open(options, options_.directory, opened_first, &handles, &data_.db);
  if (!status.ok()) {
    data_.db = nullptr;
    return open_failure(options_.directory, status);
  }
  if (fresh) {
    families.erase(families.begin());
    std::vector<rocksdb::ColumnFamilyHandle*> created;
    status = data_.db->CreateColumnFamilies(families, &created);
    handles.insert(handles.end(), created.begin(), created.end());
  }
  CADENZA_ASSERT(!handles.empty() && handles.size() <= data_.families.size() + 1,
                 "a store that was opened has the tables that were asked for");
  default_family_ = handles.front();
  std::copy(handles.begin() + 1, handles.end(), data_.families.begin());
  return status.ok() ? outcome<void>{} : open_failure(options_.directory, status);
}

outcome<void> engine::check_format() {
  return rocks::check_format(
      {data_, default_family_, options_.directory, options_.program, options_.upgrade_batch_bytes, options_.log});
}

rocksdb::Status engine::write_format() { return rocks::write_format(data_, default_family_); }

void engine::begin_resuming() {
  // After an error the engine begins a new log with the tables that it flushes: one must have a row, or it would go on
  // with the log that failed, which its build for Debian takes for a reason to end the process.
  rocksdb::WriteOptions in_memory_only;
  in_memory_only.disableWAL = true;
  data_.db->Put(in_memory_only, default_family_, rocksdb::Slice("opened"), rocksdb::Slice()).PermitUncheckedError();
  resumer::parts parts;
  parts.db = data_.db;
  parts.directory = options_.directory;
  parts.fatal = options_.fatal;
  parts.try_write = [this] {
    auto written = write_format();
    if (written.ok()) // in a new log: what could not be synced was in the one before
      log_sync_failed_.store(false, std::memory_order_release);
    return written;
  };
  resumer_ = std::make_unique<resumer>(std::move(parts), *health_);
}

} // namespace cadenza::storage::rocks
