#pragma once

#include "messages/outcome.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace cadenza::cli {

/// The whole content of the file at `path`, without a UTF-8 byte order mark at its start. Blocks. A directory, a file
/// in UTF-16, one that cannot be opened, or a read that fails on the way is an error that names the file: half a file
/// is never taken for all of it.
[[nodiscard]] outcome<std::string> read_file(const std::string& path);

/// The lines of such a file: each without blanks at its ends, empty ones left out.
[[nodiscard]] outcome<std::vector<std::string>> read_lines(const std::string& path);

/// `text` without white space at its ends.
[[nodiscard]] std::string trimmed(std::string_view text);

} // namespace cadenza::cli
