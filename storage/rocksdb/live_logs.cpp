#include "storage/rocksdb/live_logs.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace cadenza::storage::rocks {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view last_line = "end";
constexpr int looks = 3; ///< another process may be at work there, and delete a log between two looks of ours

std::string name_of(const std::string& path) { return fs::path(path).filename().string(); }

std::string problem(std::string_view what, const std::string& path) {
  return std::string(what) + " " + path + ": " + std::strerror(errno);
}

/// An open file, closed with this.
struct descriptor {
  explicit descriptor(int opened) : number(opened) {}
  ~descriptor() {
    if (number >= 0)
      close(number);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  const int number;
};

std::string sync_directory(const std::string& path) {
  const descriptor directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory.number < 0 || fsync(directory.number) != 0 ? problem("cannot sync", path) : std::string();
}

std::string write_whole(const std::string& path, const std::string& text) {
  const descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.number < 0)
    return problem("cannot create", path);
  const auto written = ::write(file.number, text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size())) {
    errno = written < 0 ? errno : ENOSPC;
    return problem("cannot write", path);
  }
  return fsync(file.number) != 0 ? problem("cannot sync", path) : std::string();
}

} // namespace

outcome<bool> live_logs::read() {
  const auto path = fs::path(directory_) / file_name;
  std::ifstream in(path);
  if (!in) {
    std::error_code ignored;
    if (!fs::exists(path, ignored))
      return false;
    return internal_error(problem("cannot read", path.string()));
  }
  names_.clear();
  std::string line;
  while (std::getline(in, line) && line != last_line)
    names_.insert(line);
  if (line != last_line)
    return error{error_kind::internal_data_inconsistency,
                 "the list of its log files, " + path.string() + ", is damaged"};
  return true;
}

std::string live_logs::missing() const {
  std::string out;
  std::error_code ignored;
  for (const auto& name : names_)
    if (!fs::exists(fs::path(directory_) / name, ignored))
      out += (out.empty() ? "" : ", ") + name;
  return out;
}

void live_logs::begin_anew() {
  const std::lock_guard guard(mutex_);
  names_.clear();
  list_present();
}

void live_logs::list_present() {
  std::error_code failed;
  for (fs::directory_iterator it(directory_, failed), end; !failed && it != end; it.increment(failed))
    if (it->path().extension() == ".log")
      names_.insert(it->path().filename().string());
}

outcome<void> live_logs::check() {
  const std::lock_guard guard(mutex_);
  std::string gone;
  for (int look = 0; look < looks; ++look) {
    const auto listed = read();
    if (!listed)
      return listed.error();
    if (!*listed)
      break;
    gone = missing();
    if (gone.empty())
      break;
  }
  if (!gone.empty())
    return error{error_kind::internal_data_inconsistency,
                 "the data directory " + directory_ + " is damaged: its log " + gone +
                     " is missing, with everything that was acknowledged since the last tables were written. Bring it "
                     "back, or restore a backup"};
  list_present();
  return {};
}

live_logs::written live_logs::write() const {
  std::string text;
  for (const auto& name : names_)
    text += name + '\n';
  text += last_line;
  text += '\n';
  const auto path = (fs::path(directory_) / file_name).string();
  const auto fresh = path + ".new";
  if (auto failed = write_whole(fresh, text); !failed.empty())
    return {false, std::move(failed)};
  if (rename(fresh.c_str(), path.c_str()) != 0)
    return {false, problem("cannot rename to", path)};
  return {true, sync_directory(directory_)};
}

std::string live_logs::add(const std::string& log_path) {
  const std::lock_guard guard(mutex_);
  const auto name = name_of(log_path);
  if (names_.contains(name))
    return {};
  // The log itself must be there for good before anything says that it must.
  if (auto failed = sync_directory(directory_); !failed.empty())
    return failed;
  names_.insert(name);
  auto done = write();
  if (done.replaced)
    return {}; // on the disk or not yet: the list asks for nothing that is not there
  names_.erase(name);
  return done.failure;
}

std::string live_logs::remove(const std::string& log_path) {
  const std::lock_guard guard(mutex_);
  const auto name = name_of(log_path);
  if (names_.erase(name) == 0)
    return {};
  auto done = write();
  if (!done.failure.empty())
    names_.insert(name);
  return done.failure;
}

} // namespace cadenza::storage::rocks
