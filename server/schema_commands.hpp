#pragma once

#include "cli/run.hpp"

#include <iosfwd>

namespace cadenza {

/// `cadenza schema create|setup-schema|update-schema|version|drop`: works on the databases of a store, without a
/// server. Returns the exit code.
[[nodiscard]] int schema_command(const cli::schema_options& options, std::ostream& out, std::ostream& err);

} // namespace cadenza
