#include "storage/visibility/postgres/query_sql.hpp"

#include <algorithm>
#include <cctype>

/// Values that are compared here and in the database, alike.
namespace cadenza::storage::visibility::postgres {
namespace {

/// Bytes of other scripts count as letters: a word is never cut inside a character.
bool in_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalnum(byte) != 0 || c == '_';
}

/// What stands between words: every character of ASCII that is in none.
constexpr const char* between_words = "[\\u0001-\\u002f\\u003a-\\u0040\\u005b-\\u005e\\u0060\\u007b-\\u007f]";

/// A number in its parts; whole part without leading zeros, fraction without trailing ones.
struct parts {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
};

parts split(std::string_view text) {
  parts out;
  out.negative = text.starts_with('-');
  if (out.negative)
    text.remove_prefix(1);
  const auto point = text.find('.');
  out.whole = text.substr(0, point);
  if (point != std::string_view::npos)
    out.fraction = text.substr(point + 1);
  out.whole.remove_prefix(std::min(out.whole.find_first_not_of('0'), out.whole.size()));
  while (out.fraction.ends_with('0'))
    out.fraction.remove_suffix(1);
  if (out.whole.empty() && out.fraction.empty())
    out.negative = false;
  return out;
}

int compare_sizes(const parts& a, const parts& b) {
  if (a.whole.size() != b.whole.size())
    return a.whole.size() < b.whole.size() ? -1 : 1;
  if (const int by_whole = a.whole.compare(b.whole); by_whole != 0)
    return by_whole;
  return a.fraction.compare(b.fraction);
}

} // namespace

std::optional<std::string> phrase_pattern(std::string_view phrase) {
  std::string out;
  std::size_t at = 0;
  while (at < phrase.size()) {
    while (at < phrase.size() && !in_word(phrase[at]))
      ++at;
    auto end = at;
    while (end < phrase.size() && in_word(phrase[end]))
      ++end;
    if (end == at)
      break;
    out += out.empty() ? std::string("(^|") + between_words + ")" : std::string(between_words) + "+";
    out += phrase.substr(at, end - at);
    at = end;
  }
  if (out.empty())
    return std::nullopt;
  return out + "($|" + between_words + ")";
}

bool is_decimal(std::string_view text) {
  if (text.starts_with('-'))
    text.remove_prefix(1);
  const auto digits = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  const auto point = text.find('.');
  return digits(text.substr(0, point)) && (point == std::string_view::npos || digits(text.substr(point + 1)));
}

int compare_decimals(std::string_view a, std::string_view b) {
  const auto left = split(a);
  const auto right = split(b);
  if (left.negative != right.negative)
    return left.negative ? -1 : 1;
  const int sizes = compare_sizes(left, right);
  return left.negative ? -sizes : sizes;
}

} // namespace cadenza::storage::visibility::postgres
