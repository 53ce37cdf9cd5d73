#include "messages/uuid.hpp"

#include <cstring>

namespace cadenza {
namespace {

constexpr char digits[] = "0123456789abcdef";

int nibble(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

bool dash_before(std::size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

uuid from_words(std::uint64_t high, std::uint64_t low) {
  uuid id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    id.bytes[i + 8] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  }
  return id;
}

} // namespace

std::string uuid::str() const {
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < 16; ++i) {
    if (dash_before(i))
      out.push_back('-');
    out.push_back(digits[bytes[i] >> 4]);
    out.push_back(digits[bytes[i] & 15]);
  }
  return out;
}

std::string uuid::raw() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::optional<uuid> uuid::parse(std::string_view text) {
  if (text.size() != 36)
    return std::nullopt;
  uuid id;
  std::size_t at = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    if (dash_before(i) && text[at++] != '-')
      return std::nullopt;
    const int high = nibble(text[at]);
    const int low = nibble(text[at + 1]);
    if (high < 0 || low < 0)
      return std::nullopt;
    id.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    at += 2;
  }
  return id;
}

std::optional<uuid> uuid::parse_raw(std::string_view raw) {
  uuid id;
  if (raw.size() != id.bytes.size())
    return std::nullopt;
  std::memcpy(id.bytes.data(), raw.data(), raw.size());
  return id;
}

uuid uuid::from_raw(std::string_view raw) { return parse_raw(raw).value_or(uuid{}); }

uuid uuid::v4(std::uint64_t high, std::uint64_t low) {
  uuid id = from_words(high, low);
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x40);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  return id;
}

uuid uuid::v7(std::int64_t now_ns, std::uint64_t high, std::uint64_t low) {
  const auto ms = static_cast<std::uint64_t>(now_ns / 1'000'000);
  uuid id = from_words((ms << 16) | (high & 0xffff), low);
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x70);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  return id;
}

} // namespace cadenza
