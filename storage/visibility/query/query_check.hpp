#pragma once

#include "messages/outcome.hpp"
#include "storage/visibility/query/query_parser.hpp"
#include "storage/visibility/sqlite/sqlite.hpp"
#include "workflow/search_attributes.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A query whose names exist and whose values have the types of what they are compared with.
namespace cadenza::storage::visibility {

/// How values are written in queries and compared.
enum class value_kind {
  keyword,
  phrase, ///< found when the value contains the words
  integer,
  real,
  boolean,
  time,     ///< nanoseconds or RFC 3339
  datetime, ///< of custom attributes: also dates, and milliseconds when the number is short
  close_status,
  execution_status,
  run_id,
  domain_id,
};

/// What a condition or an order is about: a column of the runs, or else a custom attribute.
struct query_field {
  value_kind kind{};
  std::string_view column; ///< SQL; "" for custom attributes and for the domain id
  std::string attribute;   ///< key of a custom attribute
  bool nullable = false;   ///< some runs have no value
};

enum class test_kind {
  equal,
  less,
  less_equal,
  greater,
  greater_equal,
  one_of,
  like,
  between,
  missing,
};

struct condition {
  query_field field;
  test_kind test{};
  bool negated = false; ///< true also for runs that have no value at all
  std::vector<sql_value> values;
};

struct condition_tree {
  enum class kind { all_of, any_of, single, always };
  kind what = kind::always;
  std::vector<condition_tree> children; ///< of all_of and any_of; never of the same kind as their parent
  condition test;                       ///< of single
};

struct checked_query {
  condition_tree where;
  std::optional<query_field> order; ///< nothing: newest start first
  bool descending = true;
  bool needs_execution_time = false; ///< a condition on it leaves out runs that have none
};

/// bad_request, in the words clients know, for a name that is not in `valid`, a value that is not of the type, and
/// whatever a query may not contain.
[[nodiscard]] outcome<checked_query> check_query(const parsed_query& query, const workflow::attribute_types& valid);

} // namespace cadenza::storage::visibility
