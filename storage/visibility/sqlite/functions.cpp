#include "storage/visibility/sqlite/functions.hpp"

#include "messages/uuid.hpp"

#include <sqlite3.h>

#include <cctype>

namespace cadenza::storage::visibility {
namespace {

bool in_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  // Bytes of other scripts count as letters: a word is never cut inside a character.
  return byte >= 0x80 || std::isalnum(byte) != 0 || c == '_';
}

/// Takes the next word off the front; empty at the end.
std::string_view next_word(std::string_view& rest) {
  std::size_t from = 0;
  while (from < rest.size() && !in_word(rest[from]))
    ++from;
  std::size_t to = from;
  while (to < rest.size() && in_word(rest[to]))
    ++to;
  const auto word = rest.substr(from, to - from);
  rest.remove_prefix(to);
  return word;
}

bool same_word(std::string_view a, std::string_view b) {
  if (a.size() != b.size())
    return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(a[i])) != std::tolower(static_cast<unsigned char>(b[i])))
      return false;
  return true;
}

bool starts_with_phrase(std::string_view text, std::string_view phrase) {
  for (auto wanted = next_word(phrase); !wanted.empty(); wanted = next_word(phrase))
    if (!same_word(next_word(text), wanted))
      return false;
  return true;
}

std::string_view text_of(sqlite3_value* value) {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return {bytes == nullptr ? "" : bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

void contains_phrase_function(sqlite3_context* context, int, sqlite3_value** arguments) {
  sqlite3_result_int(context, contains_phrase(text_of(arguments[0]), text_of(arguments[1])) ? 1 : 0);
}

void uuid_text_function(sqlite3_context* context, int, sqlite3_value** arguments) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(arguments[0]));
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(arguments[0]));
  const auto id = uuid::parse_raw({bytes == nullptr ? "" : bytes, size});
  const auto text = id ? id->str() : std::string();
  sqlite3_result_text64(context, text.c_str(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

} // namespace

bool contains_phrase(std::string_view text, std::string_view phrase) {
  const auto only = phrase;
  if (next_word(phrase).empty())
    return false;
  while (true) {
    if (starts_with_phrase(text, only))
      return true;
    if (next_word(text).empty())
      return false;
  }
}

outcome<void> register_functions(connection& on) {
  constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  int code = sqlite3_create_function_v2(on.raw(), "contains_phrase", 2, flags, nullptr, contains_phrase_function,
                                        nullptr, nullptr, nullptr);
  if (code == SQLITE_OK)
    code = sqlite3_create_function_v2(on.raw(), "uuid_text", 1, flags, nullptr, uuid_text_function, nullptr, nullptr,
                                      nullptr);
  if (code != SQLITE_OK)
    return sqlite_error(code, "registering functions", sqlite3_errmsg(on.raw()));
  return {};
}

} // namespace cadenza::storage::visibility
