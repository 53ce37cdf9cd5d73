#pragma once

#include <cstdint>
#include <string_view>

namespace cadenza {

/// 32-bit FarmHash fingerprint of a byte string: decides which history shard a workflow id belongs to. Equal on every
/// machine and for ever.
[[nodiscard]] std::uint32_t farm_fingerprint32(std::string_view text);

/// The history shard, 0 ≤ shard < count, of a workflow id.
[[nodiscard]] int shard_of(std::string_view workflow_id, int shard_count);

} // namespace cadenza
