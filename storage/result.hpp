#pragma once

#include "messages/uuid.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

/// How calls of a store end.
namespace cadenza::storage {

/// How a commit or a read ended.
enum class status {
  committed,        ///< commits: every write is on disk. Reads: done.
  condition_failed, ///< commits only: a condition did not hold; nothing was changed
  unavailable,      ///< nothing was changed (refused, disk full, shutting down); may be sent again
  unknown_outcome,  ///< commits only: the writes may or may not be on disk; see `capabilities`
  corrupted,        ///< reads only: stored bytes that cannot be what was written
};

/// The condition of a transaction that did not hold. When several fail the first of this order is told.
enum class condition {
  none,
  shard_range,   ///< the shard's range id is not the expected one: somebody else owns the shard
  current_run,   ///< the current-run row is not as expected
  run_version,   ///< a run's row_version is not the expected one, or a run that must not exist does
  tree_version,  ///< a history tree's version is not the expected one
  request_known, ///< a request that is to be remembered is remembered already
  task_list_range,
  domain_version, ///< the domain table's notification version
  domain_exists, ///< create: name or id already taken; update: the name is another domain's; update, remove: no such id
  row_version,   ///< a document's or a node lease's version
};

/// Which run of a workflow id is the current one. What conditions look at stands beside the record, so that no store
/// has to know what a record looks like.
struct current_row {
  uuid run_id;
  int state = 0;
  std::int64_t last_write_version = 0;
  std::string value; ///< record.v1.CurrentRun; it repeats the fields above, which count

  bool operator==(const current_row&) const = default;
};

struct commit_result {
  status outcome = status::committed;
  condition failed = condition::none;
  /// With condition_failed(current_run): the row that is there; nothing when there is none.
  std::optional<current_row> current;
  /// With condition_failed(request_known): the run that is remembered.
  uuid remembered;
  /// With shard_range, run_version, tree_version, task_list_range, domain_version, row_version: the value that is
  /// there, 0 for none.
  std::int64_t current_value = 0;
  std::string message; ///< for logs; says what failed in words
};

template <class T> struct read_result {
  status outcome = status::committed;
  std::optional<T> value; ///< absent: no such row
  std::string message;
};

/// A part of a queue that cannot be read: task ids, or fire times of timers in ns, both included.
struct unreadable_range {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::string why;
};

template <class T> struct page {
  status outcome = status::committed;
  std::vector<T> rows;
  std::string next; ///< opaque; "" when there is no more
  std::string message;
  /// Scans of transfer tasks, timers and backlogs step over what is damaged: then `outcome` is corrupted, this says
  /// what may be lost, `rows` has what could be read on both sides (and in between), and `next` is as ever. Empty
  /// although `outcome` is corrupted: the rows end before the damage. Scans of task lists do so, too, without numbers.
  std::vector<unreadable_range> unreadable{};

  /// Everything of the page's range that can be read is in `rows`.
  [[nodiscard]] bool usable() const { return outcome == status::committed || !unreadable.empty(); }
};

/// Takes the result of a call. Runs exactly once, on any thread, possibly before the call returns, and must do no more
/// than hand its argument to an actor.
template <class T> using done = std::function<void(T)>;

} // namespace cadenza::storage
