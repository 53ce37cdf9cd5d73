#include "storage/rocksdb/disk_watch.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

namespace cadenza::storage::rocks {

namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

/// A failure that may pass by itself or by an operator's hand, unless it is damage.
IOStatus passing(IOStatus result) {
  if (result.IsIOError() && !result.GetDataLoss())
    result.SetRetryable(true);
  return result;
}

IOStatus as_status(int error, std::string_view operation, const std::string& file) {
  const std::string what = std::string(operation) + " " + file;
  if (error == ENOSPC)
    return IOStatus::NoSpace(what, std::strerror(error));
  return passing(IOStatus::IOError(what, std::strerror(error)));
}

bool is_log(const std::string& name) { return name.ends_with(".log"); }

class watched_file final : public rocksdb::FSWritableFileOwnerWrapper {
public:
  watched_file(std::unique_ptr<rocksdb::FSWritableFile> file, std::string name, std::shared_ptr<const disk_watch> watch)
    : FSWritableFileOwnerWrapper(std::move(file)), name_(std::move(name)), watch_(std::move(watch)),
      log_(is_log(name_)) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, IODebugContext* debug) override {
    if (auto injected = inject("append"); !injected.ok())
      return injected;
    return passing(FSWritableFileOwnerWrapper::Append(data, options, debug));
  }

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification, IODebugContext* debug) override {
    if (auto injected = inject("append"); !injected.ok())
      return injected;
    return passing(FSWritableFileOwnerWrapper::Append(data, options, verification, debug));
  }

  IOStatus Flush(const IOOptions& options, IODebugContext* debug) override {
    return passing(FSWritableFileOwnerWrapper::Flush(options, debug));
  }

  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    return passing(FSWritableFileOwnerWrapper::Close(options, debug));
  }

  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return sync([&] { return FSWritableFileOwnerWrapper::Sync(options, debug); });
  }

  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return sync([&] { return FSWritableFileOwnerWrapper::Fsync(options, debug); });
  }

private:
  [[nodiscard]] IOStatus inject(std::string_view operation) const {
    const int error = watch_->fault ? watch_->fault(operation, name_) : 0;
    return error == 0 ? IOStatus::OK() : as_status(error, operation, name_);
  }

  template <class Call> IOStatus sync(Call call) {
    const auto begin = std::chrono::steady_clock::now();
    auto result = inject("sync");
    if (result.ok())
      result = call();
    if (!result.ok() && watch_->sync_failed)
      watch_->sync_failed(result.ToString(), result.IsNoSpace());
    if (result.ok() && log_ && watch_->log_synced)
      watch_->log_synced((std::chrono::steady_clock::now() - begin) / std::chrono::nanoseconds{1});
    return result;
  }

  std::string name_;
  std::shared_ptr<const disk_watch> watch_;
  bool log_;
};

class watched_files final : public rocksdb::FileSystemWrapper {
public:
  watched_files(const std::shared_ptr<rocksdb::FileSystem>& target, std::shared_ptr<const disk_watch> watch)
    : FileSystemWrapper(target), watch_(std::move(watch)) {}

  [[nodiscard]] const char* Name() const override { return "watched_files"; }

  IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
    if (const int error = watch_->fault ? watch_->fault("create", name) : 0; error != 0)
      return as_status(error, "create", name);
    auto result = watch(name, file, FileSystemWrapper::NewWritableFile(name, options, file, debug));
    if (!result.ok() || !is_log(name))
      return result;
    if (const auto failed = watch_->logs->add(name); !failed.empty()) {
      file->reset();
      FileSystemWrapper::DeleteFile(name, options.io_options, debug).PermitUncheckedError();
      return passing(IOStatus::IOError(failed));
    }
    return result;
  }

  IOStatus ReopenWritableFile(const std::string& name, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
    return watch(name, file, FileSystemWrapper::ReopenWritableFile(name, options, file, debug));
  }

  IOStatus ReuseWritableFile(const std::string& name, const std::string& old_name, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
    return watch(name, file, FileSystemWrapper::ReuseWritableFile(name, old_name, options, file, debug));
  }

  IOStatus NewRandomAccessFile(const std::string& name, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file, IODebugContext* debug) override {
    return passing(FileSystemWrapper::NewRandomAccessFile(name, options, file, debug));
  }

  IOStatus NewDirectory(const std::string& name, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* directory, IODebugContext* debug) override {
    return passing(FileSystemWrapper::NewDirectory(name, options, directory, debug));
  }

  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    if (is_log(from))
      if (const auto failed = watch_->logs->remove(from); !failed.empty())
        return passing(IOStatus::IOError(failed));
    return passing(FileSystemWrapper::RenameFile(from, to, options, debug));
  }

  IOStatus DeleteFile(const std::string& name, const IOOptions& options, IODebugContext* debug) override {
    if (is_log(name))
      if (const auto failed = watch_->logs->remove(name); !failed.empty())
        return passing(IOStatus::IOError(failed));
    return passing(FileSystemWrapper::DeleteFile(name, options, debug));
  }

private:
  IOStatus watch(const std::string& name, std::unique_ptr<rocksdb::FSWritableFile>* file, IOStatus result) const {
    if (result.ok())
      *file = std::make_unique<watched_file>(std::move(*file), name, watch_);
    return passing(std::move(result));
  }

  std::shared_ptr<const disk_watch> watch_;
};

} // namespace

std::shared_ptr<rocksdb::FileSystem> watched_file_system(std::shared_ptr<const disk_watch> watch) {
  return std::make_shared<watched_files>(rocksdb::FileSystem::Default(), std::move(watch));
}

} // namespace cadenza::storage::rocks
