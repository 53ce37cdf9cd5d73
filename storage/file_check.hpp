#pragma once

#include <functional>
#include <string>
#include <vector>

namespace cadenza::storage {

/// The side of a store that can read its own files; `store::files` tells whether one has it.
class file_check {
public:
  virtual ~file_check() = default;

  /// Reads every table file and compares checksums; gives a line for each that cannot be read: which table, which file,
  /// why. Reads and commits go on meanwhile. Blocks; ends early, with what was found so far, when `stopping` says so.
  [[nodiscard]] virtual std::vector<std::string> unreadable_files(const std::function<bool()>& stopping) = 0;
};

} // namespace cadenza::storage
