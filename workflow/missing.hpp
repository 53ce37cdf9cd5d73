#pragma once

#include "messages/error.hpp"

namespace cadenza::workflow {

/// The answer of a rule that needs a stored event which is not at hand: `transaction::missing()` says which.
[[nodiscard]] inline error event_not_at_hand() { return unavailable("A stored event is needed first."); }

} // namespace cadenza::workflow
