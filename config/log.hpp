#pragma once

#include "messages/outcome.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

/// The server's log. Any thread may write at any time; a line that is below the level costs one relaxed load. Lines are
/// put together by the caller and written by one thread behind a bounded queue: when the queue is full the oldest lines
/// are lost and counted, nobody waits. Payloads of workflows never belong into a line. A message is cut off after 8
/// KiB, a value after 2 KiB; bytes that are no UTF-8 become U+FFFD.
///
/// Before `start` and after `stop` lines go straight to standard error, as text.
namespace cadenza::log {

enum class level : int { debug, info, warn, error, off };

/// "debug", "info", "warn", "error", "off".
[[nodiscard]] std::string_view name_of(level which);
/// Also takes Cadence's other spellings ("warning", "fatal", "panic", upper case); nothing for any other text.
[[nodiscard]] std::optional<level> level_of(std::string_view name);

/// Where and how lines are written.
struct options {
  level minimum = level::info;
  std::string file{};                 ///< empty: standard error (or output, see below)
  bool standard_output = false;       ///< without a file: standard output instead of standard error
  bool json = false;                  ///< one JSON object per line instead of text
  std::string level_key = "level";    ///< name of the level's field in JSON
  std::uint64_t file_bytes_max = 0;   ///< the file is rotated when larger; 0 = never
  int files_kept_max = 5;             ///< rotated files kept
  std::size_t queue_lines_max = 8192; ///< lines waiting for the writer
};

/// Starts the writer. Fails when the file cannot be opened; then nothing has changed. Calling it again replaces sink
/// and level and loses no line that was written before.
[[nodiscard]] outcome<void> start(const options& how);

/// Writes what is queued and ends the writer.
void stop();

/// Takes effect at once in every thread.
void set_level(level minimum);
[[nodiscard]] level current_level();

/// Lines lost since the process began, to a full queue or a stream that nobody reads.
[[nodiscard]] std::uint64_t lines_lost();

/// Named values beside the text: `domain`, `workflow_id`, `run_id`, `shard`, `task_list`, `actor`.
using fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

namespace detail {
extern std::atomic<int> minimum;
void write(level which, fields values, fmt::string_view format, fmt::format_args arguments);
} // namespace detail

/// Whether a line of this level would be written. Ask before preparing costly arguments.
[[nodiscard]] inline bool enabled(level which) {
  return static_cast<int>(which) >= detail::minimum.load(std::memory_order_relaxed);
}

template <class... Args> void write(level which, fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(which))
    detail::write(which, {}, format, fmt::make_format_args(args...));
}
template <class... Args> void write(level which, fields values, fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(which))
    detail::write(which, values, format, fmt::make_format_args(args...));
}

template <class... Args> void debug(fmt::format_string<Args...> format, Args&&... args) {
  write(level::debug, format, std::forward<Args>(args)...);
}
template <class... Args> void info(fmt::format_string<Args...> format, Args&&... args) {
  write(level::info, format, std::forward<Args>(args)...);
}
template <class... Args> void warn(fmt::format_string<Args...> format, Args&&... args) {
  write(level::warn, format, std::forward<Args>(args)...);
}
template <class... Args> void error(fmt::format_string<Args...> format, Args&&... args) {
  write(level::error, format, std::forward<Args>(args)...);
}
template <class... Args> void debug(fields values, fmt::format_string<Args...> format, Args&&... args) {
  write(level::debug, values, format, std::forward<Args>(args)...);
}
template <class... Args> void info(fields values, fmt::format_string<Args...> format, Args&&... args) {
  write(level::info, values, format, std::forward<Args>(args)...);
}
template <class... Args> void warn(fields values, fmt::format_string<Args...> format, Args&&... args) {
  write(level::warn, values, format, std::forward<Args>(args)...);
}
template <class... Args> void error(fields values, fmt::format_string<Args...> format, Args&&... args) {
  write(level::error, values, format, std::forward<Args>(args)...);
}

/// Lets one message of a kind through per interval and counts the rest. Make one per place that may repeat itself (a
/// member or a function's static). Any thread.
class repeat_limit {
public:
  explicit repeat_limit(std::chrono::nanoseconds interval = std::chrono::seconds(5)) : interval_ns_(interval.count()) {}

  /// Nothing: keep quiet. A number: write, and so many were kept quiet since the last time. `now_ns` is steady time.
  [[nodiscard]] std::optional<std::uint64_t> admit(std::int64_t now_ns);
  [[nodiscard]] std::optional<std::uint64_t> admit();

private:
  const std::int64_t interval_ns_;
  std::atomic<std::int64_t> next_ns_{INT64_MIN};
  std::atomic<std::uint64_t> quiet_{0};
};

/// Writes at most once per interval of `limit`, and says how many lines like it were left out.
template <class... Args>
void limited(repeat_limit& limit, level which, fmt::format_string<Args...> format, Args&&... args) {
  if (!enabled(which))
    return;
  const auto left_out = limit.admit();
  if (!left_out)
    return;
  if (*left_out == 0)
    detail::write(which, {}, format, fmt::make_format_args(args...));
  else
    write(which, "{} ({} more like this left out)", fmt::vformat(format, fmt::make_format_args(args...)), *left_out);
}

} // namespace cadenza::log
