#pragma once

#include "cli/commands.hpp"

namespace cadenza::cli {

/// `domain failover` and `domain list-failover-history`.
[[nodiscard]] std::vector<command> domain_failover_commands();

} // namespace cadenza::cli
