#pragma once

#include "bridge/net/h2_session.hpp"

#include <nghttp2/nghttp2.h>

namespace cadenza::bridge::net {

/// As the library takes it. It copies what it is given.
[[nodiscard]] inline nghttp2_nv field_of(const header& h) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  return {bytes(h.name), bytes(h.value), h.name.size(), h.value.size(), NGHTTP2_NV_FLAG_NONE};
}

/// What nghttp2 calls, in the terms of the session. The session's two source files share it.
struct h2_session::callbacks {
  [[nodiscard]] static const nghttp2_session_callbacks* table();
  [[nodiscard]] static nghttp2_data_provider body_of(h2_stream& from);

private:
  static int on_begin_headers(nghttp2_session*, const nghttp2_frame*, void*);
  static int on_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t*, std::size_t, const std::uint8_t*,
                       std::size_t, std::uint8_t, void*);
  static int on_frame(nghttp2_session*, const nghttp2_frame*, void*);
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t, const std::uint8_t*, std::size_t, void*);
  static int on_stream_close(nghttp2_session*, std::int32_t, std::uint32_t, void*);
  static int on_frame_sent(nghttp2_session*, const nghttp2_frame*, void*);
  static int on_invalid_frame(nghttp2_session*, const nghttp2_frame*, int, void*);
  static ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t, std::uint32_t*,
                           nghttp2_data_source*, void*);
  static ssize_t frame_length(nghttp2_session*, std::uint8_t, std::int32_t, std::int32_t, std::int32_t, std::uint32_t,
                              void*);
  static int send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t*, std::size_t, nghttp2_data_source*, void*);
  static void end_body(h2_session& in, h2_stream& of, std::uint32_t* flags);
};

} // namespace cadenza::bridge::net
