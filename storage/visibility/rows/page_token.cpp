#include "storage/visibility/rows/page_token.hpp"

#include "messages/invariant.hpp"

#include <bit>

namespace cadenza::storage::visibility {
namespace {

// Format byte, kind, 16 bytes of run id, type of the value, the value. Numbers are eight bytes, highest first.
constexpr char format = '1';
constexpr std::size_t value_at = 18;

void write_word(std::string& out, std::uint64_t word) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(word >> shift));
}

std::uint64_t read_word(std::string_view bytes) {
  std::uint64_t word = 0;
  for (const char c : bytes)
    word = word << 8 | static_cast<unsigned char>(c);
  return word;
}

error bad_token() { return bad_request("Invalid NextPageToken."); }

outcome<sql_value> read_value(char type, std::string_view bytes) {
  switch (type) {
  case 'n':
    if (!bytes.empty())
      return bad_token();
    return sql_value{};
  case 'i':
    if (bytes.size() != 8)
      return bad_token();
    return sql_value{static_cast<std::int64_t>(read_word(bytes))};
  case 'd':
    if (bytes.size() != 8)
      return bad_token();
    return sql_value{std::bit_cast<double>(read_word(bytes))};
  case 't': return sql_value{std::string{bytes}};
  case 'b': return sql_value{blob_value{std::string{bytes}}};
  default: return bad_token();
  }
}

} // namespace

std::string write_token(token_kind kind, const page_position& position) {
  std::string out{format, static_cast<char>(kind)};
  out.append(reinterpret_cast<const char*>(position.run_id.bytes.data()), position.run_id.bytes.size());
  switch (position.value.index()) {
  case 1:
    out.push_back('i');
    write_word(out, static_cast<std::uint64_t>(std::get<1>(position.value)));
    break;
  case 2:
    out.push_back('d');
    write_word(out, std::bit_cast<std::uint64_t>(std::get<2>(position.value)));
    break;
  case 3:
    out.push_back('t');
    out += std::get<3>(position.value);
    break;
  case 4:
    out.push_back('b');
    out += std::get<4>(position.value).bytes;
    break;
  default: out.push_back('n');
  }
  CADENZA_ASSERT(out.size() > value_at, "the token of a page is one that is understood when it comes back");
  return out;
}

outcome<page_position> read_token(token_kind kind, std::string_view token) {
  if (token.size() <= value_at || token[0] != format || token[1] != static_cast<char>(kind))
    return bad_token();
  auto value = read_value(token[value_at], token.substr(value_at + 1));
  if (!value)
    return value.error();
  return page_position{std::move(*value), uuid::from_raw(token.substr(2, 16))};
}

} // namespace cadenza::storage::visibility
