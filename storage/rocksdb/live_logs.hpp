#pragma once

#include "messages/outcome.hpp"

#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace cadenza::storage::rocks {

/// Which log files a data directory must have: a file LIVE-LOGS beside them that lists those the engine has created and
/// not deleted. The engine itself misses only logs that it was done with; when the newest one is gone it opens as if
/// nothing had been written since the last tables.
///
/// A log is listed when it exists on the disk and before anything is acknowledged that is in it, and taken off the list
/// before it is deleted; so after a crash at any point every log that is listed exists. Any thread.
class live_logs {
public:
  explicit live_logs(std::string directory) : directory_(std::move(directory)) {}

  /// Before the engine opens: reads the list, and refuses a directory that lacks one of its logs. A directory without a
  /// list, of an earlier version or out of a backup, is taken as it is.
  [[nodiscard]] outcome<void> check();
  /// Instead of `check`, when losses are accepted: what is there is what counts.
  void begin_anew();

  /// A log has been created. "", or why the list cannot be written: then the log must not be used, and may be deleted.
  [[nodiscard]] std::string add(const std::string& log_path);
  /// A log is about to be deleted. "", or why the list cannot be written: then it must stay.
  [[nodiscard]] std::string remove(const std::string& log_path);

  static constexpr std::string_view file_name = "LIVE-LOGS";

private:
  [[nodiscard]] outcome<bool> read();
  [[nodiscard]] std::string missing() const;
  void list_present();
  struct written {
    bool replaced = false; ///< the new list is in place; it may not be on the disk yet
    std::string failure;   ///< ""; else what went wrong
  };
  [[nodiscard]] written write() const;

  const std::string directory_;
  std::mutex mutex_; ///< guards what follows
  std::set<std::string> names_;
};

} // namespace cadenza::storage::rocks
