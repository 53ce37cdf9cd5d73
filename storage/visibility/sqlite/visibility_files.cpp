#include "storage/visibility/visibility_files.hpp"

#include "storage/visibility/visibility_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace cadenza::storage {
namespace {

namespace fs = std::filesystem;

outcome<void> sync_path(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool good = file >= 0 && ::fsync(file) == 0;
  const int why = errno;
  if (file >= 0)
    ::close(file);
  if (!good)
    return unavailable("visibility store: syncing " + path + ": " + std::strerror(why));
  return {};
}

} // namespace

outcome<void> replace_visibility_files(const std::string& from, const std::string& to) {
  // The last connection moves the log into the file when it closes; a log that is left would not be found again.
  std::error_code failure;
  if (fs::exists(from + "-wal", failure) || failure)
    return unavailable("visibility store: the rebuilt file could not be completed");
  CADENZA_TRY(sync_path(from, O_RDONLY));
  CADENZA_TRY(remove_visibility_files(to));
  fs::rename(from, to, failure);
  if (failure)
    return unavailable("visibility store: renaming " + from + ": " + failure.message());
  const auto folder = fs::path(to).parent_path();
  return sync_path(folder.empty() ? "." : folder.string(), O_RDONLY | O_DIRECTORY);
}

} // namespace cadenza::storage
