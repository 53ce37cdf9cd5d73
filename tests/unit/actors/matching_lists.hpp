#pragma once

#include "matching_world.hpp"

#include "actors/base/rate_gate.hpp"
#include "actors/matching/partition_name.hpp"
#include "actors/matching/poller_book.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <numeric>

/// What the tests of matching share.
namespace cadenza::actors {

using ids = std::vector<std::int64_t>;

inline ids sorted(ids what) {
  std::sort(what.begin(), what.end());
  return what;
}
inline ids up_to(std::int64_t last) {
  ids out(static_cast<std::size_t>(last));
  std::iota(out.begin(), out.end(), 1);
  return out;
}

/// A world whose lists have so many partitions by the settings.
struct partitioned : matching_world {
  explicit partitioned(int count = 4) {
    settings.read_partitions = settings.write_partitions = count;
    begin();
    // The root has to be in memory before the owner knows of partitions.
    (void)describe();
  }
};

} // namespace cadenza::actors
