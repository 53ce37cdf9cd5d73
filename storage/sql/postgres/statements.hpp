#pragma once

#include "storage/sql/statements.hpp"

namespace cadenza::storage::sql::postgres {

/// The text of a statement, with its arguments as $1, $2 and so on. Zero-terminated.
[[nodiscard]] const char* text_of(statement what);

} // namespace cadenza::storage::sql::postgres
