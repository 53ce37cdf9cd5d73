#include "messages/base64.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace cadenza {
namespace {

constexpr std::string_view standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(std::string_view raw, std::string_view alphabet, bool padded) {
  std::string out;
  out.reserve((raw.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < raw.size(); i += 3) {
    const auto present = std::min<std::size_t>(3, raw.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (j < present ? static_cast<std::uint8_t>(raw[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) {
      if (j <= present)
        out += alphabet[group >> (18 - 6 * j) & 63];
      else if (padded)
        out += '=';
    }
  }
  return out;
}

} // namespace

std::string to_base64(std::string_view raw) { return encode(raw, standard, true); }

std::string to_base64_url(std::string_view raw) { return encode(raw, url, false); }

bool from_base64(std::string_view text, std::string& raw) {
  static const auto values = [] {
    std::array<int, 256> v{};
    v.fill(-1);
    for (int i = 0; i < 64; ++i)
      v[static_cast<unsigned char>(standard[static_cast<std::size_t>(i)])] = i;
    return v;
  }();
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    if (c == '=')
      break;
    const int value = values[static_cast<unsigned char>(c)];
    if (value < 0)
      return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    have += 6;
    if (have >= 8) {
      have -= 8;
      raw.push_back(static_cast<char>(bits >> have & 255));
    }
  }
  return true;
}

} // namespace cadenza
