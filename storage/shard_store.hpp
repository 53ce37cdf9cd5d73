#pragma once

#include "messages/listed_run.hpp"
#include "messages/records.hpp"
#include "storage/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cadenza::storage {

/// Expectation on the current-run row of a workflow id.
struct current_condition {
  enum class kind {
    absent,        ///< no row (a brand-new workflow id)
    is_run,        ///< names `run_id`
    is_run_closed, ///< names `run_id`, which is completed, with `last_write_version`
    is_not_run,    ///< absent or names another run than `run_id`
  };
  workflow_key key;
  kind expect = kind::absent;
  uuid run_id;
  std::int64_t last_write_version = 0;
};

struct current_write {
  workflow_key key;
  current_row row;
};

/// Removes the row when it names `run_id`; silently nothing when it does not.
struct current_removal {
  workflow_key key;
  uuid run_id;
};

/// A change of the branch rows of one history tree. Each raises the tree's version by one, so whoever read the tree
/// knows by one number whether anybody has begun to share its history, or taken a part of it away, since.
struct tree_write {
  uuid tree_id;
  /// Condition: the version with which the tree was read, 0 for a tree that is not there. Nothing: the tree's id was
  /// made for this write, so nobody else can have it, and the store need not look.
  std::optional<std::int64_t> expected_version;
  std::vector<branch_row> put; ///< all of this tree
  std::vector<uuid> drop;      ///< branches; one that has no row is no error
  bool ends = false;           ///< no branch is left: the tree goes with its version
};

/// A history tree as it is stored.
struct history_tree {
  std::int64_t version = 0; ///< 0: there is no such tree
  std::vector<branch_row> branches;
};

/// Kinds of requests whose ids are remembered beyond their run. The numbers are part of the stored keys.
enum class request_kind : std::int32_t { start = 0, signal = 1, cancel = 2, reset = 3 };

/// Remembers for a while that a request was carried out. Condition: at `now_ns` it is not remembered.
struct request_write {
  workflow_key workflow;
  request_kind kind = request_kind::start;
  std::int64_t version = 0; ///< failover version
  std::string request_id;
  uuid run_id; ///< the answer to whoever asks again
  std::int64_t now_ns = 0;
  std::int64_t expires_ns = 0; ///< the row goes by itself some time after
};

/// One atomic change within one history shard. Every such change is conditional on the shard's range id. Conditions
/// look at the state before it; deletions are carried out before writes.
struct shard_transaction {
  int shard = 0;
  std::int64_t range_id = 0;
  std::optional<current_condition> current;
  std::vector<request_write> requests;
  std::optional<current_write> set_current;
  std::optional<current_removal> delete_current;
  std::vector<run_mutation> runs;
  std::vector<run_key> delete_runs; ///< header, fixed part and every pending row
  std::vector<tree_write> trees;    ///< each of another tree
  std::vector<history_append> history;
  std::vector<transfer_row> transfer;
  std::vector<timer_row> timers;
  std::vector<replication_row> replication;
  /// What becomes of runs in the lists; only of a store that says `capabilities::keeps_lists`.
  std::vector<listed_run> listed;
  /// Single tasks (queue repair). Many go by `cleanup`.
  std::vector<std::int64_t> delete_transfer;
  std::vector<timer_row> delete_timers; ///< `value` is ignored
  std::vector<std::int64_t> delete_replication;
};

/// Nodes of history that nobody reads any more: the second step of a removal, after the transaction that took the
/// branch rows away. Condition: the shard's range id. Idempotent, and not one step: when it fails, or the process dies,
/// some of the nodes may be gone.
struct history_removal {
  int shard = 0;
  std::int64_t range_id = 0;
  /// Nodes [from, to) of a branch of a tree.
  struct range {
    uuid tree_id;
    uuid branch_id;
    std::int64_t from = 0;
    std::int64_t to = 0;
  };
  std::vector<range> ranges;
};

/// Raises a shard's range id (takes the shard) or writes its row. Creates the row when `expected_range_id` is 0.
struct shard_update {
  int shard = 0;
  std::int64_t expected_range_id = 0; ///< condition
  std::int64_t new_range_id = 0;
  std::string value; ///< record.v1.Shard
};

/// Ranges of finished tasks of a shard that may be dropped. Not conditional; dropping is idempotent. `committed` does
/// not mean synced here: after a crash what was dropped may be there again.
struct shard_cleanup {
  int shard = 0;
  std::int64_t transfer_up_to = 0;    ///< ids ≤ this
  std::int64_t timers_before_ns = 0;  ///< fire times < this; remembered requests that expired before it go, too
  std::int64_t replication_up_to = 0; ///< ids ≤ this
  /// What of it stays all the same: nobody could read it, so nobody has done it. In order.
  std::vector<unreadable_range> keep_transfer{};
  std::vector<unreadable_range> keep_timers{};
};

/// One stored node of a history branch.
struct history_node {
  std::int64_t first_event_id = 0;
  std::int64_t txn_id = 0;
  std::string batch;
};

/// A range of nodes of one branch of one tree, in order of (first event id, newest transaction first).
struct history_query {
  uuid tree_id;
  uuid branch_id;
  std::int64_t from = 0; ///< first event id, inclusive
  std::int64_t to = 0;   ///< exclusive
  int max_nodes = 1000;
  std::int64_t max_bytes = 4 << 20; ///< a page ends after the node that goes beyond; at least one node is read
  std::string page;
  bool reverse = false; ///< the exact opposite order: oldest transaction first among the nodes of an event id
};

/// Replication tasks of one source cluster that this shard could not apply. They wait for an operator.
struct dead_letters {
  int shard = 0;
  std::string cluster; ///< where they came from
};

/// The state of history shards: runs, their histories and their queues.
///
/// Order. A commit takes effect at one moment between its call and its callback. Of two commits under way at the same
/// time either may come first, unless both concern one workflow id of one shard: those take effect, and are answered,
/// in the order of their calls, and so do those of one shard's row. (The runs of a workflow id share its current-run
/// row.)
///
/// `committed` means on disk: a crash at any later moment keeps it. A failed condition changes nothing, but for nodes
/// of history where `capabilities::refused_history_stays`. Reads see every commit whose callback has run.
class shard_store {
public:
  virtual ~shard_store() = default;

  virtual void commit(shard_transaction tx, done<commit_result> cb) = 0;
  virtual void update_shard(shard_update update, done<commit_result> cb) = 0;
  virtual void drop_history(history_removal what, done<commit_result> cb) = 0;
  virtual void cleanup(shard_cleanup what, done<commit_result> cb) = 0;
  virtual void read_shard(int shard, done<read_result<std::string>> cb) = 0;
  virtual void read_current(int shard, workflow_key key, done<read_result<current_row>> cb) = 0;
  virtual void read_run(int shard, run_key key, done<read_result<run_rows>> cb) = 0;
  virtual void read_history(int shard, history_query query, done<page<history_node>> cb) = 0;
  /// Never without a value: a tree that is not there has version 0 and no branches.
  virtual void read_tree(int shard, uuid tree_id, done<read_result<history_tree>> cb) = 0;
  /// Tasks with after < id ≤ up_to, in order.
  virtual void scan_transfer(int shard, std::int64_t after, std::int64_t up_to, int limit,
                             done<page<transfer_row>> cb) = 0;
  /// Tasks with (from_ns, from_id) ≤ (fire time, id) and fire time < to_ns, in order.
  virtual void scan_timers(int shard, std::int64_t from_ns, std::int64_t from_id, std::int64_t to_ns, int limit,
                           done<page<timer_row>> cb) = 0;
  virtual void scan_replication(int shard, std::int64_t after, std::int64_t up_to, int limit,
                                done<page<replication_row>> cb) = 0;
  /// Runs of a shard in key order, headers and fixed parts without pending rows: for verification and rebuilding. A run
  /// whose header is lost has an empty one here, while `read_run` calls it corrupted.
  virtual void scan_runs(int shard, std::string page, int limit,
                         done<cadenza::storage::page<std::pair<run_key, run_rows>>> cb) = 0;
  /// Current-run rows of a shard, in key order.
  virtual void scan_current(int shard, std::string page, int limit,
                            done<cadenza::storage::page<std::pair<workflow_key, current_row>>> cb) = 0;
  /// Branch rows of a shard, tree by tree in the order of their ids.
  virtual void scan_trees(int shard, std::string page, int limit, done<cadenza::storage::page<branch_row>> cb) = 0;
  /// The (tree, branch) pairs under which a shard has nodes of history, each once, in order.
  virtual void scan_branches(int shard, std::string page, int limit,
                             done<cadenza::storage::page<std::pair<uuid, uuid>>> cb) = 0;

  /// Keeps a task; one with the same id is replaced. Not conditional.
  virtual void put_dead_letter(dead_letters at, replication_row letter, done<commit_result> cb) = 0;
  /// Tasks with after < id ≤ up_to, in order.
  virtual void scan_dead_letters(dead_letters at, std::int64_t after, std::int64_t up_to, int limit,
                                 done<page<replication_row>> cb) = 0;
  /// Drops tasks with after < id ≤ up_to. Not conditional; idempotent.
  virtual void drop_dead_letters(dead_letters at, std::int64_t after, std::int64_t up_to, done<commit_result> cb) = 0;
};

} // namespace cadenza::storage
