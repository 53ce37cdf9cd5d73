#pragma once

#include "cli/command.hpp"

namespace cadenza::cli {

/// What --help shows for the command at `path` (names from below the root) of `tree`.
[[nodiscard]] std::string help_text(const command& tree, const command& leaf, const std::vector<std::string>& path,
                                    const std::string& program);

/// One line: what `program` is, and which version of it.
[[nodiscard]] std::string version_text(const std::string& program, const std::string& version);

/// The manual page (troff, section 1) of the whole tree.
[[nodiscard]] std::string man_page(const command& tree, const std::string& version);

/// A completion script for `shell` (bash, zsh or fish); "" for any other shell. It asks the program what may follow.
[[nodiscard]] std::string completion_script(std::string_view shell);

} // namespace cadenza::cli
