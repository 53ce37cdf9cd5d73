#pragma once

#include "storage/visibility/query/query_check.hpp"

/// What can be said of a query before any database is asked: how it is best begun.
namespace cadenza::storage::visibility {

/// The condition the search starts from: all others are only asked of the runs it finds. Null: none of them narrows
/// it down.
[[nodiscard]] const condition* starting_point(const condition_tree& where);

/// Whether every run that is found must be open, or must be closed.
enum class closedness { any, open, closed };
[[nodiscard]] closedness closedness_of(const condition_tree& where);

/// The column of a field in every store that keeps the runs in SQL tables, where they are called `r`; empty for a
/// custom attribute and the domain's id, which are in none.
[[nodiscard]] std::string column_of(run_field field);

/// Whether it is a whole number or one with a point.
[[nodiscard]] bool is_number(const query_value& value);

} // namespace cadenza::storage::visibility
