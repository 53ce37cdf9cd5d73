#pragma once

#include "config/log_line.hpp"
#include "messages/outcome.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The server's log. Any thread may write at any time; a line that is below the level costs one relaxed load. Lines are
/// put together by the caller and written by one thread behind a bounded queue: when the queue is full the oldest lines
/// are lost and counted, nobody waits. Payloads of workflows never belong in a line. A sentence is cut off after 8
/// KiB, a value after 2 KiB; bytes that are not UTF-8 become U+FFFD. How a line is written down: config/log_line.hpp.
///
/// Before `start` and after `stop` lines go straight to standard error, as text.
namespace cadenza::log {

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

namespace detail {
extern std::atomic<int> minimum;
} // namespace detail

/// Whether a line of this level would be written. Ask before preparing costly values.
[[nodiscard]] inline bool enabled(level which) {
  return static_cast<int>(which) >= detail::minimum.load(std::memory_order_relaxed);
}

/// Writes a line, if its level is enabled. Is itself a `sink`.
void write(level which, fields values, sentence says);

inline void debug(fields values, sentence says) { write(level::debug, values, says); }
inline void info(fields values, sentence says) { write(level::info, values, says); }
inline void warn(fields values, sentence says) { write(level::warn, values, says); }
inline void error(fields values, sentence says) { write(level::error, values, says); }
inline void debug(sentence says) { write(level::debug, {}, says); }
inline void info(sentence says) { write(level::info, {}, says); }
inline void warn(sentence says) { write(level::warn, {}, says); }
inline void error(sentence says) { write(level::error, {}, says); }

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

/// Writes at most once per interval of `limit`; the line's `left_out` says how many like it were not written.
void limited(repeat_limit& limit, level which, fields values, sentence says);

/// Writes a line of which `left_out` others were not written before it.
void write_after(const sink& to, std::uint64_t left_out, level which, fields values, sentence says);

} // namespace cadenza::log
