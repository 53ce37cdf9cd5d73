#pragma once

#include "cli/run.hpp"
#include "config/load.hpp"

namespace cadenza {

/// The configuration that `server start` was told to use: the files, and what the command line says over them.
[[nodiscard]] outcome<config::loaded> load_configuration(const cli::server_options& options);

/// What starting checks before it opens anything, and `--check-config` does too: that this version has what the
/// configuration asks for, and that the file of dynamic configuration can be read. `strict`: warnings are errors.
[[nodiscard]] outcome<void> check_usable(const config::loaded& which, bool strict);

} // namespace cadenza
