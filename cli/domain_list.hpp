#pragma once

#include "cli/command.hpp"

namespace cadenza::cli {

/// `list`, below `domain` and below `admin domain`.
[[nodiscard]] command domain_list_command();

} // namespace cadenza::cli
