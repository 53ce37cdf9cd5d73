#pragma once

#include "cli/command.hpp"

namespace cadenza::cli {

/// Gives the commands below `tree` their examples. Every command that runs has at least one, and each is a line that
/// the parser accepts.
void add_examples(command& tree);

} // namespace cadenza::cli
