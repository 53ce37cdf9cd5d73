#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <variant>

namespace cadenza::storage::visibility {

/// A value of a column or a parameter. Text and blobs are kept apart as SQLite keeps them apart.
struct blob_value {
  std::string bytes;
  auto operator<=>(const blob_value&) const = default;
};
using sql_value = std::variant<std::monostate, std::int64_t, double, std::string, blob_value>;

} // namespace cadenza::storage::visibility
