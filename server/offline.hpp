#pragma once

#include "cli/run.hpp"

#include <iosfwd>

namespace cadenza {

/// `cadenza admin backup restore`: works on directories, without a server. Returns the exit code.
[[nodiscard]] int restore_backup_offline(const cli::restore_options& options, std::ostream& out, std::ostream& err);

} // namespace cadenza
