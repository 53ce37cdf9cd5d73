#include "bridge/net/h2_callbacks.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace cadenza::bridge::net {

namespace {

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::int64_t room_patience_ns = 100'000'000;

} // namespace

front::match h2_front::recognise(std::string_view first) const {
  const auto size = std::min(first.size(), preface.size());
  if (first.substr(0, size) != preface.substr(0, size))
    return match::no;
  return size == preface.size() ? match::yes : match::too_short;
}

// --- time-outs, and the end of a connection

std::int64_t h2_session::check(std::int64_t now_ns) {
  if (!check_client(now_ns))
    return INT64_MAX;
  check_life(now_ns);
  begin_waiting();
  const auto& how = shared().how;
  auto next = now_ns + how.keepalive_timeout.count();
  if (how.keepalive_interval.count() > 0 && !pinged_)
    next = std::min(next, heard_ns_ + how.keepalive_interval.count());
  if (mid_ns_ != 0)
    next = std::min(next, mid_ns_ + how.header_timeout.count());
  if (how.idle_timeout.count() > 0 && streams_count_ == 0)
    next = std::min(next, idle_ns_ + how.idle_timeout.count());
  if (!waiting_.empty())
    next = std::min(next, now_ns + room_patience_ns);
  return next;
}

bool h2_session::check_client(std::int64_t now_ns) {
  const auto& how = shared().how;
  const bool window_shut = held_ > 0 && !connection_.blocked(); // the socket's own time-out is the connection's
  if (mid_ns_ != 0 && now_ns - mid_ns_ >= how.header_timeout.count())
    connection_.cut(refusal::header_timeout);
  else if (window_shut && now_ns - said_ns_ >= how.write_timeout.count())
    connection_.cut(refusal::write_timeout);
  else if (window_shut && connection_.pressed(said_ns_, now_ns))
    connection_.cut(refusal::answer_bytes);
  else if (pinged_ && !connection_.blocked() &&
           now_ns - heard_ns_ >= (how.keepalive_interval + how.keepalive_timeout).count())
    connection_.cut(refusal::keepalive_timeout);
  else
    return true;
  return false;
}

void h2_session::check_life(std::int64_t now_ns) {
  const auto& how = shared().how;
  if (broken_)
    return;
  if (streams_count_ == 0 && how.idle_timeout.count() > 0 && now_ns - idle_ns_ >= how.idle_timeout.count() &&
      !draining_) {
    shared().counts.refused(refusal::idle_timeout);
    drain();
  }
  if (how.keepalive_interval.count() > 0 && !pinged_ && now_ns - heard_ns_ >= how.keepalive_interval.count()) {
    pinged_ = true;
    nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
    connection_.write_later();
  }
}

void h2_session::drain() {
  if (std::exchange(draining_, true))
    return;
  // What the client begins after the last stream that is named was not begun here: its library sends it elsewhere.
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  connection_.write_later();
}

bool h2_session::finished() const {
  if (draining_ && streams_count_ == 0)
    return true;
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

// --- the library

namespace {

/// Whether Debian's `version` is older than `bound`; both begin with the same upstream version.
bool older(std::string_view version, std::string_view bound) { return ::strverscmp(version.data(), bound.data()) < 0; }

/// The version of a package as dpkg knows it; empty where there is no dpkg.
std::string debian_version(std::string_view package) {
  std::ifstream status("/var/lib/dpkg/status");
  std::string line;
  bool here = false;
  while (std::getline(status, line)) {
    if (line.starts_with("Package: "))
      here = std::string_view(line).substr(9) == package;
    else if (here && line.starts_with("Version: "))
      return line.substr(9);
  }
  return {};
}

} // namespace

outcome<void> check_nghttp2() {
  constexpr int first_version = 0x013400; // 1.52.0
  constexpr std::string_view debian_first = "1.52.0-1+deb12u3";
  const auto* const linked = nghttp2_version(0);
  if (linked->version_num < first_version)
    return internal_error(std::string("nghttp2 ") + linked->version_str + " is too old: 1.52.0 is needed at least");
  if (linked->version_num > first_version)
    return {};
  const auto debian = debian_version("libnghttp2-14");
  if (!debian.empty() && older(debian, debian_first))
    return internal_error("the package libnghttp2-14 " + debian + " can be brought down by a client: install " +
                          std::string(debian_first) + " or later");
  return {};
}

} // namespace cadenza::bridge::net
