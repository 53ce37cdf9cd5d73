#include "storage/scan_tokens.hpp"

namespace cadenza::storage {

void put_ordered(std::string& out, std::int64_t value) {
  // The flipped sign bit sorts negative numbers before the others.
  const auto bits = static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63);
  char bytes[8];
  for (int i = 0; i < 8; ++i)
    bytes[i] = static_cast<char>(bits >> (56 - 8 * i));
  out.append(bytes, sizeof bytes);
}

std::int64_t get_ordered(const char* bytes) {
  std::uint64_t bits = 0;
  for (int i = 0; i < 8; ++i)
    bits = bits << 8 | static_cast<unsigned char>(bytes[i]);
  return static_cast<std::int64_t>(bits ^ (std::uint64_t{1} << 63));
}

std::string history_token::text() const {
  std::string out;
  out.reserve(16);
  put_ordered(out, first_event_id);
  put_ordered(out, txn_id);
  return out;
}

std::optional<history_token> history_token::parse(std::string_view text) {
  if (text.size() != 16)
    return std::nullopt;
  return history_token{get_ordered(text.data()), get_ordered(text.data() + 8)};
}

std::string audit_token::text() const {
  std::string out;
  put_ordered(out, at_ns);
  out.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
  return out;
}

std::optional<audit_token> audit_token::parse(std::string_view text) {
  if (text.size() != 24)
    return std::nullopt;
  return audit_token{get_ordered(text.data()), uuid::from_raw(text.substr(8))};
}

std::string more_after(std::int64_t id) {
  std::string out;
  put_ordered(out, id);
  return out;
}

} // namespace cadenza::storage
