#pragma once

#include "messages/outcome.hpp"
#include "storage/visibility/sqlite/sqlite.hpp"

#include <string_view>

namespace cadenza::storage::visibility {

/// Whether the words of `phrase` stand in `text` one after the other, upper and lower case (ASCII) being equal. Words
/// are runs of letters, digits and underscores; a phrase without words is found nowhere.
[[nodiscard]] bool contains_phrase(std::string_view text, std::string_view phrase);

/// Gives the connection the functions that translated queries call: contains_phrase(text, phrase) and
/// uuid_text(16 bytes).
[[nodiscard]] outcome<void> register_functions(connection& on);

} // namespace cadenza::storage::visibility
