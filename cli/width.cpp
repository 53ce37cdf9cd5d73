#include "cli/width.hpp"

#include <algorithm>
#include <utf8proc.h>

namespace cadenza::cli {

namespace {

/// Asks for the picture of a character where there is also a plain sign, as for a heart.
constexpr utf8proc_int32_t emoji_selector = 0xFE0F;

struct letter {
  std::size_t size;  ///< bytes
  std::size_t width; ///< columns
};

bool is_ascii(char byte) { return static_cast<unsigned char>(byte) < 0x80; }

struct code_point {
  utf8proc_int32_t value = 0;
  std::size_t size = 0; ///< bytes; 0 when the text does not begin with UTF-8
};

code_point first_point(std::string_view text) {
  code_point point;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto size = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &point.value);
  point.size = size > 0 ? static_cast<std::size_t>(size) : 0;
  return point;
}

std::size_t columns_of(utf8proc_int32_t point) {
  if (point == emoji_selector)
    return 1; // makes the sign before it a wide one
  return static_cast<std::size_t>(std::max(0, utf8proc_charwidth(point)));
}

/// The first letter of a text that is not empty.
letter first_letter(std::string_view text) {
  if (text.front() == '\033') {
    const auto end = text.find('m');
    return {end == std::string_view::npos ? text.size() : end + 1, 0};
  }
  if (is_ascii(text.front()) && (text.size() == 1 || is_ascii(text[1])))
    return {1, text.front() >= ' ' && text.front() != '\x7f' ? std::size_t{1} : std::size_t{0}};
  auto last = first_point(text);
  if (last.size == 0)
    return {1, 1};
  letter found{last.size, columns_of(last.value)};
  utf8proc_int32_t state = 0;
  while (found.size < text.size()) {
    const auto next = first_point(text.substr(found.size));
    if (next.size == 0 || utf8proc_grapheme_break_stateful(last.value, next.value, &state))
      break;
    found.size += next.size;
    found.width += columns_of(next.value);
    last = next;
  }
  found.width = std::min<std::size_t>(found.width, 2);
  return found;
}

} // namespace

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto next = first_letter(text);
    width += next.width;
    text.remove_prefix(next.size);
  }
  return width;
}

std::string_view front_of(std::string_view text, std::size_t columns) {
  std::size_t size = 0;
  std::size_t width = 0;
  while (size < text.size()) {
    const auto next = first_letter(text.substr(size));
    width += next.width;
    if (width > columns)
      break;
    size += next.size;
  }
  return text.substr(0, size);
}

std::string_view back_of(std::string_view text, std::size_t columns) {
  auto width = width_of(text);
  while (width > columns) {
    const auto next = first_letter(text);
    width -= next.width;
    text.remove_prefix(next.size);
  }
  return text;
}

} // namespace cadenza::cli
