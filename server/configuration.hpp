#pragma once

#include "cli/run.hpp"
#include "config/load.hpp"

namespace cadenza {

/// The configuration that `server start` was told to use: the files, and what the command line says over them.
[[nodiscard]] outcome<config::loaded> load_configuration(const cli::server_options& options);

} // namespace cadenza
