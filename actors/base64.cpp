#include "actors/base64.hpp"

#include <array>
#include <cstdint>

namespace cadenza::actors {
namespace {

constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

} // namespace

std::string to_base64(const std::string& raw) {
  std::string out;
  out.reserve((raw.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < raw.size(); i += 3) {
    std::uint32_t v = 0;
    for (std::size_t j = 0; j < 3; ++j)
      v = v << 8 | (i + j < raw.size() ? static_cast<unsigned char>(raw[i + j]) : 0U);
    out.push_back(alphabet[v >> 18 & 63]);
    out.push_back(alphabet[v >> 12 & 63]);
    out.push_back(i + 1 < raw.size() ? alphabet[v >> 6 & 63] : '=');
    out.push_back(i + 2 < raw.size() ? alphabet[v & 63] : '=');
  }
  return out;
}

bool from_base64(const std::string& text, std::string& raw) {
  static const auto values = [] {
    std::array<int, 256> v{};
    v.fill(-1);
    for (int i = 0; i < 64; ++i)
      v[static_cast<unsigned char>(alphabet[i])] = i;
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

} // namespace cadenza::actors
