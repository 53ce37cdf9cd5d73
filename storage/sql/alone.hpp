#pragma once

#include "storage/sql/requests.hpp"
#include "storage/sql/values.hpp"

#include <cstddef>
#include <vector>

/// Requests that get a transaction of their own: those that come seldom, or drop many rows.
namespace cadenza::storage::sql {

/// The statements that read what the request rests on, and keep it from being changed; none when it rests on nothing.
void load_alone(const request& what, std::vector<step>& out);

/// The statements that carry it out, or the refusal. `found`: the rows of the statements above, from `first` on.
[[nodiscard]] commit_result write_alone(const request& what, const std::vector<row_set>& found, std::size_t first,
                                        std::vector<step>& out);

} // namespace cadenza::storage::sql
