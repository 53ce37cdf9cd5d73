#pragma once

#include "cli/run.hpp"

#include <iosfwd>
#include <string>

namespace cadenza {

/// Runs a server until SIGTERM or SIGINT, as `cadenza server start` was told. Returns the exit code. `commit`: that the
/// program was built of. Call it before any other thread exists: it blocks the signals it waits for.
[[nodiscard]] int serve(const cli::server_options& options, std::ostream& out, std::ostream& err,
                        const std::string& commit = "unknown");

} // namespace cadenza
