#include "bridge/net/h2_frames.hpp"

#include <algorithm>

namespace cadenza::bridge::net {

namespace {
constexpr std::uint8_t type_headers = 1;
constexpr std::uint8_t type_reset = 3;
constexpr std::uint8_t type_continuation = 9;
constexpr std::uint8_t flag_end_stream = 1;
constexpr std::uint8_t flag_end_headers = 4;
} // namespace

h2_frames::seen h2_frames::see(std::string_view bytes) {
  seen out;
  while (!bytes.empty()) {
    if (preface_left_ > 0) {
      const auto part = std::min(preface_left_, bytes.size());
      preface_left_ -= part;
      bytes.remove_prefix(part);
    } else if (left_ > 0) {
      const auto part = std::min(left_, bytes.size());
      if (type_ == type_data)
        out.data_bytes += part;
      left_ -= part;
      bytes.remove_prefix(part);
    } else {
      head_[head_size_++] = static_cast<std::uint8_t>(bytes.front());
      bytes.remove_prefix(1);
      if (head_size_ == head_bytes)
        begin_frame(out);
    }
  }
  return out;
}

void h2_frames::begin_frame(seen& out) {
  head_size_ = 0;
  left_ = static_cast<std::size_t>(head_[0]) << 16 | static_cast<std::size_t>(head_[1]) << 8 | head_[2];
  type_ = head_[3];
  const auto flags = head_[4];
  if (type_ == type_headers || type_ == type_continuation) {
    block_bytes_ = type_ == type_headers ? left_ : block_bytes_ + left_;
    out.headers_too_large |= block_bytes_ > header_bytes_max_;
    out.requests += type_ == type_headers;
    in_block_ = (flags & flag_end_headers) == 0;
  } else if (type_ == type_data) {
    out.idle += left_ == 0 && (flags & flag_end_stream) == 0;
  } else {
    out.idle += type_ != type_reset; // those have a bound of their own
  }
}

} // namespace cadenza::bridge::net
