#pragma once

#include "messages/outcome.hpp"
#include "messages/uuid.hpp"
#include "storage/visibility/rows/sql_value.hpp"

#include <string>
#include <string_view>

namespace cadenza::storage::visibility {

/// Which kind of call made a token; a token of another kind is refused.
enum class token_kind : char { list = 'l', query = 'q', scan = 's' };

/// Where the next page begins: after the row that sorts by `value` and then by `run_id`.
struct page_position {
  sql_value value; ///< start time, sort value or row number
  uuid run_id;     ///< all zeros, which is before every run, where the value alone tells the place
};

[[nodiscard]] std::string write_token(token_kind kind, const page_position& position);

/// bad_request for anything `write_token` did not make for this kind.
[[nodiscard]] outcome<page_position> read_token(token_kind kind, std::string_view token);

} // namespace cadenza::storage::visibility
