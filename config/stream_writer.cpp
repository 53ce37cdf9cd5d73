#include "config/stream_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cadenza::log {
namespace {

constexpr int blind_wait_ms = 100;

std::int64_t steady_ns() { return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1); }

bool has_room(int descriptor) {
  pollfd watched{descriptor, POLLOUT, 0};
  return poll(&watched, 1, 0) > 0;
}

/// Writes a part of `text` to a stream that has room; bytes written, 0 when it has none after all, -1 when it failed.
/// No more than a pipe with room takes without waiting; sockets are asked not to wait.
ssize_t write_some(int descriptor, std::string_view text) {
  const auto size = std::min<std::size_t>(text.size(), PIPE_BUF);
  auto written = send(descriptor, text.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (written < 0 && errno == ENOTSOCK)
    written = ::write(descriptor, text.data(), size);
  if (written >= 0)
    return written;
  return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

} // namespace

bool write_without_waiting(int descriptor, std::string_view text) {
  while (!text.empty() && has_room(descriptor)) {
    const auto written = write_some(descriptor, text);
    if (written <= 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return text.empty();
}

stream_writer::stream_writer(int descriptor) : descriptor_(descriptor), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

stream_writer::~stream_writer() {
  if (wake_ >= 0)
    close(wake_);
}

bool stream_writer::wait_for_room() {
  for (;;) {
    const auto deadline_ns = deadline_ns_.load(std::memory_order_acquire);
    const bool in_hurry = deadline_ns != INT64_MAX;
    int wait_ms = wake_ < 0 ? blind_wait_ms : -1;
    if (in_hurry)
      wait_ms = static_cast<int>(std::clamp<std::int64_t>((deadline_ns - steady_ns()) / 1'000'000, 0, INT_MAX));
    pollfd watched[] = {{descriptor_, POLLOUT, 0}, {wake_, POLLIN, 0}};
    // Once the wake-up was heard it stays readable: only the stream is of interest then.
    const int ready = poll(watched, in_hurry || wake_ < 0 ? 1 : 2, wait_ms);
    if (ready > 0 && watched[0].revents != 0)
      return true;
    if (ready < 0 && errno != EINTR)
      return false;
    if (ready == 0 && in_hurry)
      return false;
  }
}

bool stream_writer::write(std::string_view text) {
  while (!text.empty()) {
    const auto written = wait_for_room() ? write_some(descriptor_, text) : -1;
    if (written < 0) {
      lost_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void stream_writer::hurry(std::chrono::milliseconds longest) {
  deadline_ns_.store(steady_ns() + std::chrono::nanoseconds(longest).count(), std::memory_order_release);
  const std::uint64_t one = 1;
  if (wake_ >= 0)
    static_cast<void>(!::write(wake_, &one, sizeof one));
}

} // namespace cadenza::log
