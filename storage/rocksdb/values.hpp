#pragma once

#include "storage/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The stored values that are more than a record: what conditions look at stands before the record, so that no record
/// is parsed to check one. docs/storage-format.md lists them.
namespace cadenza::storage::rocks {

void put_varint(std::string& out, std::uint64_t value);
/// Takes the number off the front of `bytes`.
[[nodiscard]] std::optional<std::uint64_t> take_varint(std::string_view& bytes);

/// A signed number, small in either direction.
void put_signed(std::string& out, std::int64_t value);
[[nodiscard]] std::optional<std::int64_t> take_signed(std::string_view& bytes);

/// What stands before the record of a current-run row.
void put_current_head(std::string& out, const current_row& row);
/// Nothing when the bytes are no such row.
[[nodiscard]] std::optional<current_row> read_current_value(std::string_view bytes);

/// The row of a history tree: its version, and the row of the branch that began it, so that a start writes one row.
struct tree_value {
  std::int64_t version = 0;        ///< 0: there is no such tree
  std::optional<branch_row> first; ///< nothing once that branch is gone
};
/// What stands before the record of `first`, or all when there is none.
void put_tree_head(std::string& out, std::int64_t version, const uuid* first_branch);
[[nodiscard]] std::optional<tree_value> read_tree_value(const uuid& tree_id, std::string_view bytes);

/// Version and expiry of a node's lease stand before its record.
void put_lease_head(std::string& out, std::int64_t version, std::int64_t expires_ns);
[[nodiscard]] std::optional<node_lease> read_lease(std::string_view node, std::string_view bytes);

} // namespace cadenza::storage::rocks
