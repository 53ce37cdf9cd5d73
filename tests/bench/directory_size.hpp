#pragma once

#include <cstdint>
#include <string>

namespace cadenza::bench {

struct directory_sizes {
  std::int64_t all = 0;        ///< bytes of every file below the directory
  std::int64_t visibility = 0; ///< of the visibility store's files among them
};

[[nodiscard]] directory_sizes directory_bytes(const std::string& directory);

/// Compacts every embedded store below the directory down to its last level, with the options it was written with. The
/// server must not run. Blocks; throws std::runtime_error when a store cannot be opened.
void compact_stores(const std::string& directory);

} // namespace cadenza::bench
