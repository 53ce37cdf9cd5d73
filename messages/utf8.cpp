#include "messages/utf8.hpp"

#include <cstdint>
#include <cstring>
#include <iterator>

#include <utf8.h>

namespace cadenza::utf8 {
namespace {

/// How many bytes at the front are plain ASCII, eight at a time. Nearly all text that comes is nothing else.
std::size_t ascii_prefix(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080808080808080U;
  std::size_t n = 0;
  while (n + sizeof(std::uint64_t) <= text.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + n, sizeof word);
    if ((word & high_bits) != 0)
      break;
    n += sizeof word;
  }
  while (n < text.size() && static_cast<unsigned char>(text[n]) < 0x80)
    ++n;
  return n;
}

} // namespace

bool valid(std::string_view text) {
  text.remove_prefix(ascii_prefix(text));
  return ::utf8::is_valid(text.begin(), text.end());
}

std::string readable(std::string_view text) {
  if (valid(text))
    return std::string(text);
  std::string out;
  out.reserve(text.size() + 2);
  ::utf8::replace_invalid(text.begin(), text.end(), std::back_inserter(out));
  return out;
}

void make_readable(std::string& text) {
  if (!valid(text))
    text = readable(text);
}

void append(std::string& to, std::uint32_t letter) {
  constexpr std::uint32_t replacement = 0xFFFD;
  const bool surrogate = letter >= 0xD800 && letter < 0xE000;
  ::utf8::append(surrogate || letter > 0x10FFFF ? replacement : letter, std::back_inserter(to));
}

std::string_view head(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max)
    return text;
  auto end = bytes_max;
  // No letter has more than four bytes: what goes on for longer is no letter, and any place is as good.
  while (end > 0 && bytes_max - end < 4 && continues(text[end]))
    --end;
  return text.substr(0, continues(text[end]) ? bytes_max : end);
}

std::string_view tail(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max)
    return text;
  auto begin = text.size() - bytes_max;
  while (begin < text.size() && continues(text[begin]))
    ++begin;
  return text.substr(begin);
}

std::string shortened(std::string_view text, std::size_t bytes_max) {
  std::string out(head(text, bytes_max));
  if (out.size() < text.size())
    out += "…";
  return out;
}

std::string excerpt(std::string_view text, std::size_t bytes_max) {
  auto out = readable(head(text, bytes_max));
  if (text.size() > bytes_max)
    out += "… (" + std::to_string(text.size()) + " bytes)";
  return out;
}

} // namespace cadenza::utf8
