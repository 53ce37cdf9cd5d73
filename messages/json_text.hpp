#pragma once

#include <string_view>

namespace cadenza {

/// Appends `text` to `to`, a string or a buffer like it, as JSON writes a string, quotes included. Text that is no
/// UTF-8 is passed through as it is: see messages/utf8.hpp.
template <class Out> void append_json_string(Out& to, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  const auto add = [&to](const char* begin, std::size_t size) { to.append(begin, begin + size); };
  to.push_back('"');
  std::size_t plain = 0; // where what needs no escape begins
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && c != '"' && c != '\\')
      continue;
    add(text.data() + plain, i - plain);
    plain = i + 1;
    switch (c) {
    case '"': add("\\\"", 2); break;
    case '\\': add("\\\\", 2); break;
    case '\n': add("\\n", 2); break;
    case '\r': add("\\r", 2); break;
    case '\t': add("\\t", 2); break;
    default: {
      const char escape[] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 0xF]};
      add(escape, sizeof escape);
    }
    }
  }
  add(text.data() + plain, text.size() - plain);
  to.push_back('"');
}

} // namespace cadenza
