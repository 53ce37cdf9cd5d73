#pragma once

#include <cstdint>
#include <string_view>

namespace cadenza::bridge::tchannel {

enum class checksum_type : std::uint8_t {
  none = 0,
  crc32 = 1,
  farmhash = 2, ///< no client sends it: it is taken unseen
  crc32c = 3,
};

/// The checksum of bytes that follow those of `before`; 0 for types that are not computed. Any thread.
[[nodiscard]] std::uint32_t checksum(checksum_type type, std::uint32_t before, std::string_view bytes);

[[nodiscard]] inline bool is_computed(checksum_type type) {
  return type == checksum_type::crc32 || type == checksum_type::crc32c;
}

} // namespace cadenza::bridge::tchannel
