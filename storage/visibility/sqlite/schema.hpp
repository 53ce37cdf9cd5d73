#pragma once

#include "messages/outcome.hpp"
#include "storage/visibility/sqlite/sqlite.hpp"

#include <string>

/// The tables of the visibility database; README.md describes them.
namespace cadenza::storage::visibility {

/// What `PRAGMA user_version` must say.
inline constexpr std::int64_t schema_version = 1;

/// Sets a fresh connection up: journal, cache, functions that queries use.
[[nodiscard]] outcome<void> configure(connection& on, int cache_kib, open_mode mode);

/// Creates the tables in an empty database; refuses any database that is not of this version or not whole.
[[nodiscard]] outcome<void> prepare_schema(connection& on, bool verify);

} // namespace cadenza::storage::visibility
