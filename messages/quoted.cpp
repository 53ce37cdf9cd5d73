#include "messages/quoted.hpp"

namespace cadenza {

std::string quoted(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr std::string_view controls = "\a\b\f\n\r\t\v";
  constexpr std::string_view letters = "abfnrtv";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (const auto known = controls.find(c); c != '\0' && known != std::string_view::npos) {
      out += '\\';
      out += letters[known];
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

} // namespace cadenza
