#include "actors/base/json_object.hpp"

#include "messages/utf8.hpp"

#include <charconv>

namespace cadenza::actors {

namespace {

constexpr int depth_max = 32; // of values that are only passed over

bool is_digit(char c) { return c >= '0' && c <= '9'; }

} // namespace

void json_object_reader::blanks() {
  std::size_t n = 0;
  while (n < rest_.size() && (rest_[n] == ' ' || rest_[n] == '\t' || rest_[n] == '\n' || rest_[n] == '\r'))
    ++n;
  rest_.remove_prefix(n);
}

bool json_object_reader::take(char wanted) {
  if (rest_.empty() || rest_.front() != wanted)
    return false;
  rest_.remove_prefix(1);
  return true;
}

bool json_object_reader::take_word(std::string_view word) {
  if (rest_.substr(0, word.size()) != word)
    return false;
  rest_.remove_prefix(word.size());
  return true;
}

std::optional<std::string_view> json_object_reader::next_key() {
  if (failed_ || done_)
    return std::nullopt;
  blanks();
  if (!started_) {
    started_ = true;
    if (!take('{')) {
      fail();
      return std::nullopt;
    }
    blanks();
  }
  if (take('}')) {
    blanks();
    done_ = true;
    if (!rest_.empty())
      fail();
    return std::nullopt;
  }
  if (!first_) {
    if (!take(',')) {
      fail();
      return std::nullopt;
    }
    blanks();
  }
  first_ = false;
  if (!read_string(key_)) {
    fail();
    return std::nullopt;
  }
  blanks();
  if (!take(':')) {
    fail();
    return std::nullopt;
  }
  blanks();
  return key_;
}

void json_object_reader::read(std::string& into) {
  into.clear();
  if (!take_word("null") && !read_string(into))
    fail();
}

void json_object_reader::read(std::int64_t& into) {
  into = 0;
  if (take_word("null"))
    return;
  const auto begin = rest_.data();
  const auto result = std::from_chars(begin, begin + rest_.size(), into);
  if (result.ec != std::errc{}) {
    fail();
    return;
  }
  rest_.remove_prefix(static_cast<std::size_t>(result.ptr - begin));
}

void json_object_reader::skip() { skip_value(0); }

bool json_object_reader::read_string(std::string& into) {
  into.clear();
  if (!take('"'))
    return false;
  while (true) {
    std::size_t n = 0;
    while (n < rest_.size() && rest_[n] != '"' && rest_[n] != '\\' && static_cast<unsigned char>(rest_[n]) >= 0x20)
      ++n;
    into.append(rest_.substr(0, n));
    rest_.remove_prefix(n);
    if (take('"')) {
      utf8::make_readable(into); // what is read may go into fields that hold text
      return true;
    }
    if (!take('\\') || !read_escape(into))
      return false;
  }
}

std::optional<std::uint32_t> json_object_reader::read_hex4() {
  if (rest_.size() < 4)
    return std::nullopt;
  std::uint32_t code = 0;
  const auto result = std::from_chars(rest_.data(), rest_.data() + 4, code, 16);
  if (result.ec != std::errc{} || result.ptr != rest_.data() + 4)
    return std::nullopt;
  rest_.remove_prefix(4);
  return code;
}

bool json_object_reader::read_escape(std::string& into) {
  if (rest_.empty())
    return false;
  const char c = rest_.front();
  rest_.remove_prefix(1);
  switch (c) {
  case '"':
  case '\\':
  case '/': into += c; return true;
  case 'b': into += '\b'; return true;
  case 'f': into += '\f'; return true;
  case 'n': into += '\n'; return true;
  case 'r': into += '\r'; return true;
  case 't': into += '\t'; return true;
  case 'u': break;
  default: return false;
  }
  auto code = read_hex4();
  if (!code)
    return false;
  constexpr std::uint32_t replacement = 0xFFFD; // what the reference system reads a lone surrogate as
  if (*code >= 0xD800 && *code < 0xDC00 && take_word("\\u")) {
    const auto low = read_hex4();
    if (!low)
      return false;
    code = *low >= 0xDC00 && *low < 0xE000 ? 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00) : replacement;
  } else if (*code >= 0xD800 && *code < 0xE000) {
    code = replacement;
  }
  utf8::append(into, *code);
  return true;
}

bool json_object_reader::skip_number() {
  take('-');
  std::size_t n = 0;
  while (n < rest_.size() && (is_digit(rest_[n]) || rest_[n] == '.' || rest_[n] == 'e' || rest_[n] == 'E' ||
                              rest_[n] == '+' || rest_[n] == '-'))
    ++n;
  if (n == 0 || !is_digit(rest_.front()))
    return false;
  rest_.remove_prefix(n);
  return true;
}

void json_object_reader::skip_value(int depth) {
  if (failed_)
    return;
  blanks();
  if (depth > depth_max || rest_.empty())
    return fail();
  const char c = rest_.front();
  if (c == '"') {
    if (!read_string(passed_))
      fail();
    return;
  }
  if (c != '{' && c != '[') {
    if (!take_word("null") && !take_word("true") && !take_word("false") && !skip_number())
      fail();
    return;
  }
  rest_.remove_prefix(1);
  const char end = c == '{' ? '}' : ']';
  blanks();
  if (take(end))
    return;
  while (!failed_) {
    blanks();
    if (c == '{') {
      if (!read_string(passed_))
        return fail();
      blanks();
      if (!take(':'))
        return fail();
    }
    skip_value(depth + 1);
    blanks();
    if (take(end))
      return;
    if (!take(','))
      return fail();
  }
}

} // namespace cadenza::actors
