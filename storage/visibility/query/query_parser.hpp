#pragma once

#include "messages/outcome.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The grammar of List, Scan and Count: the part of a MySQL SELECT that follows WHERE.
namespace cadenza::storage::visibility {

enum class expression_kind {
  all_of,     ///< operands joined by AND
  any_of,     ///< operands joined by OR
  parens,     ///< one operand
  comparison, ///< left, then the right operand or operands
  range,      ///< BETWEEN: left, low, high
  column,     ///< `text` is the name without its qualifier
  text,
  integer,
  decimal,
  boolean, ///< `text` is "true" or "false"
  list,    ///< ( a, b, … )
  other,   ///< legal SQL that no query may use: arithmetic, functions, NOT, IS NULL…
};

enum class comparison_kind {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  not_in,
  like,
  not_like,
  other
};

struct expression {
  expression_kind kind = expression_kind::other;
  comparison_kind comparison = comparison_kind::other; ///< of comparisons
  bool negated = false;                                ///< of ranges
  std::string text;                                    ///< of columns and literals
  std::vector<expression> operands;
};

struct sort_term {
  expression by;
  bool descending = false;
};

/// What the text says, before anybody asks whether the names exist.
struct parsed_query {
  std::optional<expression> where;
  std::vector<sort_term> order;
};

/// bad_request for anything that is not SQL of this form, or that is longer or nested deeper than a query may be:
/// "Invalid query.", as clients know it, and where it breaks; "Invalid select query." for a UNION.
[[nodiscard]] outcome<parsed_query> parse_query(std::string_view text);

} // namespace cadenza::storage::visibility
