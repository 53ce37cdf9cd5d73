#pragma once

#include "cli/invocation.hpp"

#include <variant>

namespace cadenza::cli {

/// What a command line asks for.
struct parsed {
  const command* leaf = nullptr; ///< the command named, or the group when help is wanted
  std::vector<std::string> path; ///< full names from the root to `leaf`
  bool wants_help = false;
  bool wants_version = false;
  invocation::values flags;
  std::vector<std::string> arguments;
};

/// Reads the words after the program's name against the tree. Flags take one or two dashes whatever their length, a
/// value after a blank or '='; global flags (those of the tree's root) may stand anywhere, and a command's own flag
/// wins where the names clash. Values missing on the line come from the environment, then from the flag's initial.
[[nodiscard]] std::variant<parsed, problem> parse(const command& tree, const std::vector<std::string>& words);

} // namespace cadenza::cli
