#pragma once

#include "workflow/run.hpp"

#include <string>

namespace cadenza::workflow {

/// How a stored run differs from the one its history gives when it is replayed; "" when it does not, but for what
/// `replay` says is not in events. `of_reset`: the run was made by a reset.
[[nodiscard]] std::string difference_from_replay(const run& live, const run& replayed, bool of_reset);

} // namespace cadenza::workflow
