#include "bridge/rpc/tchannel_checksum.hpp"

#include <array>
#include <cstring>
#include <zlib.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace cadenza::bridge::tchannel {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  constexpr std::uint32_t castagnoli = 0x82F63B78; // reflected
  std::array<std::uint32_t, 256> out{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    auto value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value & 1) != 0 ? value >> 1 ^ castagnoli : value >> 1;
    out[i] = value;
  }
  return out;
}

std::uint32_t crc32c_by_table(std::uint32_t crc, std::string_view bytes) {
  static constexpr auto table = make_table();
  for (const char c : bytes)
    crc = table[(crc ^ static_cast<std::uint8_t>(c)) & 0xFF] ^ crc >> 8;
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_processor(std::uint32_t crc, std::string_view bytes) {
  std::uint64_t wide = crc;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, bytes.data(), 8);
    wide = _mm_crc32_u64(wide, eight);
  }
  crc = static_cast<std::uint32_t>(wide);
  for (const char c : bytes)
    crc = _mm_crc32_u8(crc, static_cast<std::uint8_t>(c));
  return crc;
}
#endif

std::uint32_t crc32c(std::uint32_t before, std::string_view bytes) {
  const auto crc = ~before;
#if defined(__x86_64__)
  static const bool by_processor = __builtin_cpu_supports("sse4.2") != 0;
  if (by_processor)
    return ~crc32c_by_processor(crc, bytes);
#endif
  return ~crc32c_by_table(crc, bytes);
}

} // namespace

std::uint32_t checksum(checksum_type type, std::uint32_t before, std::string_view bytes) {
  switch (type) {
  case checksum_type::crc32:
    return static_cast<std::uint32_t>(
        ::crc32(before, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
  case checksum_type::crc32c: return crc32c(before, bytes);
  case checksum_type::none:
  case checksum_type::farmhash: break;
  }
  return 0;
}

} // namespace cadenza::bridge::tchannel
