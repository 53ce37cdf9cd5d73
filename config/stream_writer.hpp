#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace cadenza::log {

/// Writes to standard error or output, whose reader may have stopped reading: a pipe into a program that hangs, a
/// terminal that was halted. The stream's own mode is left alone, other processes share it.
///
/// `write` is for one thread; `hurry` and `lost` for any.
class stream_writer {
public:
  explicit stream_writer(int descriptor);
  ~stream_writer();
  stream_writer(const stream_writer&) = delete;
  stream_writer& operator=(const stream_writer&) = delete;

  /// Waits for the reader. False: the text, or the rest of it, is lost: the stream is closed, or time is up.
  bool write(std::string_view text);

  /// From now on `write` waits no longer than this, all calls together; a call that waits learns of it.
  void hurry(std::chrono::milliseconds longest);

  /// Texts lost so far.
  [[nodiscard]] std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

private:
  [[nodiscard]] bool wait_for_room();

  const int descriptor_;
  int wake_; ///< an eventfd; -1 when there is none to be had: then `hurry` is heard a moment later
  std::atomic<std::int64_t> deadline_ns_{INT64_MAX}; ///< steady
  std::atomic<std::uint64_t> lost_{0};
};

/// Writes what the stream takes at once. False: it took nothing, or not all.
bool write_without_waiting(int descriptor, std::string_view text);

} // namespace cadenza::log
