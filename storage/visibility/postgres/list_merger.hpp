#pragma once

#include "storage/sql/values.hpp"
#include "storage/visibility/postgres/query_sql.hpp"

#include <span>

namespace cadenza::storage::visibility::postgres {

/// What a page is made of.
struct page_shape {
  token_kind kind{};
  int size = 0;
  sorted_by sort = sorted_by::start;
  bool descending = true; ///< run ids ascend always
};

/// The first rows of those that each database has found, which are in order; one row more than a page in all means that
/// there is another page, which begins after the last.
[[nodiscard]] outcome<list_page> merge_page(std::span<const sql::row_set> found, const page_shape& shape);

} // namespace cadenza::storage::visibility::postgres
