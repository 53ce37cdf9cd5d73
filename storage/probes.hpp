#pragma once

#include "storage/result.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace cadenza::storage {

/// What a store tells about its work, for the node's metrics. Every function may be empty; they are called
/// on the store's threads and must not block.
struct store_probes {
  /// A group of transactions was written: how many, their bytes, and the time from the first check to the answer.
  std::function<void(std::int64_t transactions, std::int64_t bytes, std::int64_t elapsed_ns)> group_committed;
  /// The write-ahead log was synced to the disk.
  std::function<void(std::int64_t elapsed_ns)> log_synced;
  /// A transaction was left out because a condition did not hold.
  std::function<void(condition which)> condition_failed;
  /// Writes stopped (false, why) or work again (true).
  std::function<void(bool accepts_writes, std::string_view reason)> writable_changed;

  // Of stores on a database elsewhere.
  /// A call was answered: which (a literal), how, and the time since it came.
  std::function<void(const char* name, status outcome, std::int64_t elapsed_ns)> operation_done;
  /// So many commits waited when a thread began its next group.
  std::function<void(std::int64_t commits)> queue_left;
  /// A connection was made (true) or has ended.
  std::function<void(bool opened)> connections_changed;
  /// No connection could be made.
  std::function<void()> connection_failed;
};

} // namespace cadenza::storage
