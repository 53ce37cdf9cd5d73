#pragma once

#include "bridge/net/body.hpp"
#include "bridge/net/meters.hpp"

namespace cadenza::bridge::net {

enum class inflated { whole, broken, too_large, no_memory };

/// Takes gzip's compression off. What comes out is never more than `bytes_max`, and every block of it is taken from
/// `memory` first, beyond its bound if nobody else is there: `no_memory` passes, what is `too_large` always will be. It
/// may take long: not for a loop's thread.
[[nodiscard]] inflated inflate(const body& compressed, std::size_t bytes_max, share& memory, body& into);

} // namespace cadenza::bridge::net
