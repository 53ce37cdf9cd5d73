#pragma once

#include "storage/store.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace cadenza::storage {

/// A record.v1.CurrentRun with the fields that conditions look at taken out.
struct current_row {
  uuid run_id;
  int state = 0;
  std::int64_t last_write_version = 0;
  std::string value; ///< the record as stored
};

/// Nothing when the bytes are no record.v1.CurrentRun.
[[nodiscard]] std::optional<current_row> parse_current(std::string value);

/// Whether an expectation holds; `row` is null when there is no row.
[[nodiscard]] bool holds(const current_condition& expected, const current_row* row);

} // namespace cadenza::storage
