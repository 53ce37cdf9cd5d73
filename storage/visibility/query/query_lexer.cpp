#include "storage/visibility/query/query_lexer.hpp"

#include "messages/invariant.hpp"

#include <cctype>

namespace cadenza::storage::visibility {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '@'; }
bool continues_name(char c) { return starts_name(c) || is_digit(c); }

/// What `\c` stands for inside a quoted text.
char unescaped(char c) {
  switch (c) {
  case '0': return '\0';
  case 'b': return '\b';
  case 'n': return '\n';
  case 'r': return '\r';
  case 't': return '\t';
  case 'Z': return '\x1a';
  default: return c;
  }
}

class lexer {
public:
  explicit lexer(std::string_view text) : rest_(text), size_(text.size()) {}

  /// False when the next characters are no token.
  bool next(token& out) {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())) != 0)
      rest_.remove_prefix(1);
    out = {};
    out.at = size_ - rest_.size();
    if (rest_.empty())
      return true;
    const char c = rest_.front();
    if (c == '\'' || c == '"') {
      out.type = token_type::text;
      return quoted(c, true, out.text);
    }
    if (c == '`') {
      out.type = token_type::quoted_name;
      return quoted(c, false, out.text) && !out.text.empty();
    }
    if (starts_name(c)) {
      out.type = token_type::word;
      out.text = take_while(continues_name);
      return true;
    }
    if (is_digit(c) || (c == '.' && rest_.size() > 1 && is_digit(rest_[1])))
      return number(out);
    return symbol(out);
  }

private:
  std::string take(std::size_t count) {
    std::string taken{rest_.substr(0, count)};
    rest_.remove_prefix(count);
    return taken;
  }

  template <class Wanted> std::string take_while(Wanted wanted) {
    std::size_t count = 0;
    while (count < rest_.size() && wanted(rest_[count]))
      ++count;
    return take(count);
  }

  bool quoted(char quote, bool escapes, std::string& out) {
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == quote) {
        if (rest_.empty() || rest_.front() != quote)
          return true;
        out.push_back(quote);
        rest_.remove_prefix(1);
      } else if (c == '\\' && escapes) {
        if (rest_.empty())
          return false;
        out.push_back(unescaped(rest_.front()));
        rest_.remove_prefix(1);
      } else {
        out.push_back(c);
      }
    }
    return false;
  }

  bool number(token& out) {
    out.type = token_type::integer;
    out.text = take_while(is_digit);
    if (!rest_.empty() && rest_.front() == '.') {
      out.type = token_type::decimal;
      out.text += take(1);
      out.text += take_while(is_digit);
    }
    if (!rest_.empty() && (rest_.front() == 'e' || rest_.front() == 'E')) {
      out.type = token_type::decimal;
      out.text += take(1);
      if (!rest_.empty() && (rest_.front() == '+' || rest_.front() == '-'))
        out.text += take(1);
      const auto exponent = take_while(is_digit);
      if (exponent.empty())
        return false;
      out.text += exponent;
    }
    return rest_.empty() || !continues_name(rest_.front());
  }

  bool symbol(token& out) {
    constexpr std::string_view comment = "--";
    if (rest_.starts_with(comment) || rest_.starts_with("/*") || rest_.front() == '#')
      return false;
    out.type = token_type::symbol;
    for (const std::string_view longer : {"<=>", "<=", ">=", "<>", "!=", "<<", ">>", "&&", "||"}) {
      if (!rest_.starts_with(longer))
        continue;
      out.text = take(longer.size());
      return true;
    }
    constexpr std::string_view single = "()=<>,.;+-*/%&|^~!";
    if (single.find(rest_.front()) == std::string_view::npos)
      return false;
    out.text = take(1);
    return true;
  }

  std::string_view rest_;
  std::size_t size_; ///< of the whole query
};

} // namespace

bool token::is_word(std::string_view lower_case) const {
  if (type != token_type::word || text.size() != lower_case.size())
    return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(text[i])) != lower_case[i])
      return false;
  return true;
}

bool tokenize(std::string_view query, std::vector<token>& into) {
  into.clear();
  lexer source{query};
  do {
    if (!source.next(into.emplace_back()))
      return false;
    CADENZA_ASSERT(into.size() <= query.size() + 1, "every word of a query takes a character of it");
  } while (into.back().type != token_type::end);
  return true;
}

} // namespace cadenza::storage::visibility
