#pragma once

#include "messages/outcome.hpp"

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

  /// What became of a queue's table with a file that cannot be read.
  struct rewritten_queue {
    std::string text;      ///< which table, what was lost
    bool written = false;  ///< false: it is as it was, because nobody can find a way around the damage
    bool transfer = false; ///< it is the one of transfer tasks
  };
  /// Writes the damaged tables of queues (transfer tasks, timers, backlogs) anew with the rows that can still be read:
  /// what they have lost can be made again from the runs. Blocks; nobody else may use the store meanwhile, and after
  /// an error it must be opened again, which ends what was begun.
  [[nodiscard]] virtual outcome<std::vector<rewritten_queue>> rewrite_damaged_queues() = 0;
};

} // namespace cadenza::storage
