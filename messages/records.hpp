#pragma once

#include "messages/uuid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The plain shapes in which rows travel between the workflow rules, the engine and the stores. Values are serialized
/// messages of cadenza.record.v1; keys are typed.
namespace cadenza {

struct run_key {
  uuid domain_id;
  std::string workflow_id;
  uuid run_id;
  auto operator<=>(const run_key&) const = default;
};

struct workflow_key {
  uuid domain_id;
  std::string workflow_id;
  auto operator<=>(const workflow_key&) const = default;
};

/// Kinds of the rows that hang off a run. The numbers are part of the stored keys.
enum class pending_kind : std::uint8_t {
  activity = 1,         ///< number = schedule id
  timer = 2,            ///< text = timer id
  child = 3,            ///< number = initiated id
  cancel_request = 4,   ///< number = initiated id
  signal = 5,           ///< number = initiated id
  signal_requested = 6, ///< text = request id; empty value
  buffered = 7,         ///< number = running number of the batch
};

/// One row that hangs off a run.
struct pending_row {
  pending_kind kind{};
  std::int64_t number = 0;          ///< key of the kinds keyed by a number
  std::string text;                 ///< key of the kinds keyed by a text
  std::optional<std::string> value; ///< absent in a mutation: delete the row
};

/// Everything stored of one run, as read.
struct run_rows {
  std::string header; ///< record.v1.Run
  std::string fixed;  ///< record.v1.RunFixed
  std::vector<pending_row> pending;
};

/// The change one transaction makes to the rows of one run.
struct run_mutation {
  run_key key;
  /// Condition: nothing ⇒ the run must not exist yet; else its row_version must be this.
  std::optional<std::int64_t> expected_version;
  std::int64_t new_version = 1;     ///< what the row's version becomes
  std::string header;               ///< record.v1.Run with row_version = new_version
  std::optional<std::string> fixed; ///< record.v1.RunFixed, when it changed
  bool clear_pending = false;       ///< delete every pending row first (a snapshot replaces the run)
  std::vector<pending_row> pending;
};

/// One batch of events: a node of a history branch.
struct history_append {
  uuid tree_id;
  uuid branch_id;
  std::int64_t first_event_id = 0;
  std::int64_t txn_id = 0; ///< a later write at the same first_event_id has a higher one, and wins
  std::string batch;       ///< api.v1.History
};

/// A branch of a history tree, and whose it is.
struct branch_row {
  uuid tree_id;
  uuid branch_id;
  std::string value; ///< record.v1.HistoryTree
};

struct transfer_row {
  std::int64_t task_id = 0;
  std::string value; ///< record.v1.TransferTask
};

struct timer_row {
  std::int64_t fire_ns = 0; ///< whole milliseconds
  std::int64_t task_id = 0;
  std::string value; ///< record.v1.TimerTask
};

struct replication_row {
  std::int64_t task_id = 0;
  std::string value; ///< record.v1.ReplicationTask
};

} // namespace cadenza

template <> struct std::hash<cadenza::run_key> {
  std::size_t operator()(const cadenza::run_key& k) const noexcept {
    return std::hash<cadenza::uuid>{}(k.run_id) * 31 + std::hash<std::string>{}(k.workflow_id) * 7 +
           std::hash<cadenza::uuid>{}(k.domain_id);
  }
};

template <> struct std::hash<cadenza::workflow_key> {
  std::size_t operator()(const cadenza::workflow_key& k) const noexcept {
    return std::hash<std::string>{}(k.workflow_id) * 7 + std::hash<cadenza::uuid>{}(k.domain_id);
  }
};
