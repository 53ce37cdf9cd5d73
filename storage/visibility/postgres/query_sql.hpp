#pragma once

#include "messages/uuid.hpp"
#include "storage/visibility/query/query_check.hpp"
#include "storage/visibility/rows/page_token.hpp"
#include "storage/visibility/visibility_store.hpp"

#include <optional>
#include <string>
#include <vector>

/// Checked queries as statements of PostgreSQL.
namespace cadenza::storage::visibility::postgres {

/// A statement and the values of its parameters $1, $2… as text; none: NULL. Nothing of a query's text is ever in
/// `sql`, only names and operators of our own.
struct built_sql {
  std::string sql;
  std::vector<std::optional<std::string>> values;
};

/// The columns of each row found: run id, start time, workflow id, whether it is closed, execution status, record; and
/// the value it is sorted by, as text, null where the run has none.
inline constexpr std::size_t sort_column = 6;

/// What rows are sorted by, before their run ids.
enum class sorted_by { start, number, text };
[[nodiscard]] sorted_by sort_of(const checked_query& query);

/// At most `rows_max` rows after `after`, in the order of the query; by run id for a scan. bad_request for a position
/// that is none of this query's.
[[nodiscard]] outcome<built_sql> build_query(const query_request& request, int rows_max,
                                             const std::optional<page_position>& after);
[[nodiscard]] built_sql build_scan(const query_request& request, int rows_max,
                                   const std::optional<page_position>& after);

/// One row with the number of runs.
[[nodiscard]] built_sql build_count(const query_request& request);

/// Of plain lists: newest first, the last value that of the start time.
[[nodiscard]] built_sql build_list(const list_request& request, bool closed, int rows_max,
                                   const std::optional<page_position>& after);

/// The regular expression that finds texts in which the words of a phrase stand one after the other, as
/// `contains_phrase` finds them; nothing when it has no words.
[[nodiscard]] std::optional<std::string> phrase_pattern(std::string_view phrase);

/// Compares two decimal numbers as a database writes them.
[[nodiscard]] int compare_decimals(std::string_view a, std::string_view b);
[[nodiscard]] bool is_decimal(std::string_view text);

} // namespace cadenza::storage::visibility::postgres
