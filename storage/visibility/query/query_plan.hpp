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

} // namespace cadenza::storage::visibility
