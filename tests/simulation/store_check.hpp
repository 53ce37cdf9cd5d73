#pragma once

#include "world.hpp"

#include "verify/verify.hpp"

namespace cadenza::simulation {

/// The product's check of the world's store and lists, between two steps of the world.
[[nodiscard]] actors::verify_report check_store(world& in, bool live = false);
/// The same, and mends.
[[nodiscard]] actors::verify_report mend_store(world& in);

/// What was found, a line each; "" when nothing was.
[[nodiscard]] std::string told(const actors::verify_report& report);

} // namespace cadenza::simulation
