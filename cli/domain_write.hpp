#pragma once

#include "cli/command.hpp"

namespace cadenza::cli {

/// `register` and `update`, below `domain`.
[[nodiscard]] std::vector<command> domain_write_commands();

} // namespace cadenza::cli
