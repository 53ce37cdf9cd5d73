#pragma once

#include <string>
#include <string_view>

namespace cadenza::cli {

/// Columns that a text takes on a terminal. A letter is what people take for one (a grapheme cluster of Unicode, such
/// as a letter with accents, a flag or an emoji of several code points): 2 columns for the wide ones of East Asia and
/// emoji, 1 for others. Escape sequences and control characters take none; a byte that is no UTF-8 takes one.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// The longest start, or end, of `text` that takes at most `columns`; never a part of a letter.
[[nodiscard]] std::string_view front_of(std::string_view text, std::size_t columns);
[[nodiscard]] std::string_view back_of(std::string_view text, std::size_t columns);

} // namespace cadenza::cli
