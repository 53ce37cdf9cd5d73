#pragma once

#include "messages/outcome.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

/// Page sizes, page numbers and indexes as requests carry them: any 32-bit number.
namespace cadenza {

/// How many entries a page has: what was asked for but at most `most`; `otherwise` where nothing, or nothing sensible,
/// was asked for. Always at least 1.
[[nodiscard]] constexpr int page_size(std::int32_t asked, int otherwise, int most) {
  return std::clamp(asked > 0 ? asked : otherwise, 1, std::max(most, 1));
}

/// A part [first, last) of a numbered list.
struct index_range {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// The entries of page `page` of a list of `count`; empty beyond its end. Page size 0: all are on page 0. bad_request
/// for a negative number.
[[nodiscard]] inline outcome<index_range> page_of(std::int32_t page, std::int32_t size, std::int32_t count) {
  if (page < 0)
    return bad_request("PageID must not be negative.");
  if (size < 0)
    return bad_request("PageSize must not be negative.");
  const std::int64_t each = size == 0 ? count : size;
  const auto first = std::min<std::int64_t>(page * each, count);
  return index_range{first, std::min<std::int64_t>(first + each, count)};
}

/// bad_request unless 0 <= `index` < `count`; `what` names the thing, as "shard".
[[nodiscard]] inline outcome<void> check_index(std::int64_t index, std::int64_t count, const char* what) {
  if (index < 0 || index >= count)
    return bad_request(std::string(what) + " " + std::to_string(index) + " does not exist: there are " +
                       std::to_string(count));
  return {};
}

} // namespace cadenza
