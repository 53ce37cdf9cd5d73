#pragma once

#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>

/// Messages by which actors wake themselves.
namespace cadenza::actors {

/// "Look at the clock": the generation tells stale ones.
struct tick {
  std::uint64_t generation = 0;
};

/// The same for the transfer tasks of a shard that are tried again.
struct retry_tick {
  std::uint64_t generation = 0;
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::retry_tick)
