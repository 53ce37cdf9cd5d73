#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace cadenza::bridge::net {

/// Follows a client's HTTP/2 frames, without what is in them: how many there were of each kind, and whether one has
/// begun and not ended. The library that reads the frames tells neither of those that it ignores.
class h2_frames {
public:
  struct seen {
    int requests = 0; ///< HEADERS
    int idle = 0;     ///< frames that carry nothing of a request: PING, SETTINGS, empty DATA, unknown ones…
    std::size_t data_bytes = 0;
    bool headers_too_large = false; ///< a block of headers is larger than the limit, as it is on the wire
  };

  explicit h2_frames(std::size_t header_block_bytes_max) : header_bytes_max_(header_block_bytes_max) {}

  /// Bytes of the connection, in order; the first of all is the first of the preface.
  seen see(std::string_view bytes);

  /// In the middle of a frame, or of a request's headers. The middle of DATA does not count.
  [[nodiscard]] bool mid_headers() const { return in_block_ || head_size_ > 0 || (left_ > 0 && type_ != type_data); }

private:
  static constexpr std::uint8_t type_data = 0;
  static constexpr std::size_t preface_bytes = 24;
  static constexpr std::size_t head_bytes = 9;
  void begin_frame(seen& out);

  const std::size_t header_bytes_max_;
  std::size_t preface_left_ = preface_bytes;
  std::array<std::uint8_t, head_bytes> head_{};
  std::size_t head_size_ = 0; ///< bytes of a frame's head that are here
  std::size_t left_ = 0;      ///< bytes of the frame that are not here yet
  std::uint8_t type_ = 0;
  bool in_block_ = false; ///< HEADERS or CONTINUATION without END_HEADERS came last
  std::size_t block_bytes_ = 0;
};

} // namespace cadenza::bridge::net
