#include "storage/rocksdb/range_scan.hpp"

#include "messages/invariant.hpp"
#include "storage/rocksdb/keys.hpp"

namespace cadenza::storage::rocks {

bool bounds_of(int shard, const std::string& token, std::string& lower, std::string& upper) {
  put_number(lower, static_cast<std::int32_t>(shard));
  upper = lower;
  const bool ends = to_successor(upper);
  CADENZA_ASSERT(ends, "the rows of a shard end before those of the next; shard " + std::to_string(shard));
  if (token.empty())
    return true;
  if (!token.starts_with(lower))
    return false;
  lower = token;
  return true;
}

} // namespace cadenza::storage::rocks
