#pragma once

#include "messages/uuid.hpp"
#include "storage/visibility/query/query_check.hpp"
#include "storage/visibility/rows/page_token.hpp"
#include "storage/visibility/sqlite/sqlite.hpp"

#include <optional>
#include <string>
#include <vector>

namespace cadenza::storage::visibility {

/// A statement and the values of its parameters ?1, ?2… Nothing of a query's text is ever in `sql`, only names and
/// operators of our own.
struct built_sql {
  std::string sql;
  std::vector<sql_value> values;
};

struct query_scope {
  uuid domain_id;
  std::int64_t domain_number = 0;
};

/// Rows of `info_columns` followed by the value they are sorted by, at most `rows_max` of them, after `after`.
[[nodiscard]] built_sql build_list(const checked_query& query, const query_scope& scope, int rows_max,
                                   const std::optional<page_position>& after);

/// Rows of `info_columns` followed by the row number, in its order.
[[nodiscard]] built_sql build_scan(const checked_query& query, const query_scope& scope, int rows_max,
                                   const std::optional<page_position>& after);

/// One row with the number of runs.
[[nodiscard]] built_sql build_count(const checked_query& query, const query_scope& scope);

} // namespace cadenza::storage::visibility
