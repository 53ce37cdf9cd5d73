#pragma once

#include "storage/cluster_store.hpp"
#include "storage/shard_store.hpp"
#include "storage/task_list_store.hpp"

namespace cadenza::storage {

class backup_source;
class file_check;

/// Where kinds of stores differ. What is the same for all of them is said at `shard_store`, `task_list_store` and
/// `cluster_store`; docs/storage-plugins.md has it in one place, for whoever writes another kind.
struct capabilities {
  /// Nodes of history of a transaction that was not carried out may be stored all the same (a database that cannot
  /// write them in one step with the rest writes them first). Readers pass over them: of the nodes at one first event
  /// id the one with the highest transaction id counts, and none at or beyond the `next_event_id` of the run's row.
  bool refused_history_stays = false;

  /// When a commit has ended `unknown_outcome` it is over: it took effect or never will, and a read of the rows that it
  /// writes tells which. Without this it may still take effect until the shard's range id has been raised, or until the
  /// next start, so the shard has to be taken anew.
  bool unknown_outcomes_settle = false;

  /// The lists of runs are kept beside the runs: a transaction brings its changes of them along (`listed`) and they are
  /// there when it is. Without this they are written behind, from tasks.
  bool keeps_lists = false;
};

/// A store: the one way to durable state. Its three sides may be one database or several (shards on this node, the rest
/// elsewhere).
///
/// Every call returns at once; see `done` for how it is answered. Any thread.
class store {
public:
  virtual ~store() = default;

  [[nodiscard]] virtual shard_store& shards() = 0;
  [[nodiscard]] virtual task_list_store& task_lists() = 0;
  [[nodiscard]] virtual cluster_store& cluster() = 0;

  /// The same for the life of the store.
  [[nodiscard]] virtual capabilities able_to() const { return {}; }
  /// Null when the store takes no backups by itself.
  [[nodiscard]] virtual backup_source* backups() { return nullptr; }

  /// Null when the store has no files of its own.
  [[nodiscard]] virtual file_check* files() { return nullptr; }

  /// False from the moment a write was refused for lack of space, or a background error came, until writes work again.
  [[nodiscard]] virtual bool accepts_writes() const = 0;

  /// Refuses new calls, finishes what is under way, and returns when every callback has run.
  virtual void close() = 0;
};

} // namespace cadenza::storage
