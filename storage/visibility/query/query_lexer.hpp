#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cadenza::storage::visibility {

enum class token_type {
  end,
  word,        ///< a keyword or a name
  quoted_name, ///< `name`
  text,        ///< 'text' or "text"
  integer,
  decimal,
  symbol, ///< ( ) , . ; + - and the like, or a comparison
};

struct token {
  token_type type = token_type::end;
  std::string text;   ///< unquoted and unescaped
  std::size_t at = 0; ///< the byte of the query with which it begins

  /// Keywords are recognised in any case, names are not.
  [[nodiscard]] bool is_word(std::string_view lower_case) const;
  [[nodiscard]] bool is_symbol(std::string_view symbol) const { return type == token_type::symbol && text == symbol; }
};

/// The tokens of a query, with `end` behind the last. False when a character or a quote makes no sense; the last token
/// begins there then.
[[nodiscard]] bool tokenize(std::string_view query, std::vector<token>& into);

} // namespace cadenza::storage::visibility
