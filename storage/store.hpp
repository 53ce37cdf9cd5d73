#pragma once

#include "messages/records.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cadenza::storage {

/// How a commit or a read ended.
enum class status {
  committed,        ///< commits: every write is on disk. Reads: done.
  condition_failed, ///< commits only: a condition did not hold; nothing was changed
  unavailable,      ///< nothing was changed (refused, disk full, shutting down); may be sent again
  unknown_outcome,  ///< commits only: the writes may or may not be on disk; reload before going on
  corrupted,        ///< reads only: stored bytes that cannot be what was written
};

/// The condition of a transaction that did not hold. When several fail the first of this order is told.
enum class condition {
  none,
  shard_range,   ///< the shard's range id is not the expected one: somebody else owns the shard
  current_run,   ///< the current-run row is not as expected
  run_version,   ///< a run's row_version is not the expected one, or a run that must not exist does
  tree_branches, ///< the branch rows of a history tree are not the expected ones
  request_known, ///< a request that is to be remembered is remembered already
  task_list_range,
  domain_version, ///< the domain table's notification version
  domain_exists, ///< create: name or id already taken; update: the name is another domain's; update, remove: no such id
  row_version,   ///< a queue's, document's or shard row's version
};

struct commit_result {
  status outcome = status::committed;
  condition failed = condition::none;
  /// With condition_failed(current_run): the record.v1.CurrentRun that is there, empty when there is none. With
  /// request_known: the raw run id that is remembered.
  std::string current;
  /// With shard_range, run_version, task_list_range, domain_version, row_version: the value that is there, 0 for none.
  std::int64_t current_value = 0;
  std::string message; ///< for logs; says what failed in words
};

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

/// Expectation on the branch rows of a history tree: what shares history with others, or takes it away, knows who is
/// there.
struct tree_condition {
  uuid tree_id;
  std::vector<uuid> branches; ///< these have rows
  bool no_others = false;     ///< and no other branch has
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

struct current_write {
  workflow_key key;
  std::string value; ///< record.v1.CurrentRun
};

/// One atomic change within one history shard. Every such change is conditional on the shard's range id. Conditions
/// look at the state before it; deletions are carried out before writes.
struct shard_transaction {
  int shard = 0;
  std::int64_t range_id = 0;
  std::optional<current_condition> current;
  std::optional<tree_condition> tree;
  std::vector<request_write> requests;
  std::optional<current_write> set_current;
  std::optional<current_condition> delete_current; ///< delete the row if it is_run; silently nothing if it is not
  std::vector<run_mutation> runs;
  std::vector<run_key> delete_runs;    ///< header, fixed part and every pending row
  std::vector<history_append> history; ///< an empty batch with a tree_row: a new branch without nodes of its own yet
  std::vector<transfer_row> transfer;
  std::vector<timer_row> timers;
  std::vector<replication_row> replication;
  /// Deleted single tasks (retention, queue repair). Bulk deletion goes by `complete_*` below.
  std::vector<std::int64_t> delete_transfer;
  std::vector<timer_row> delete_timers; ///< `value` is ignored
  std::vector<std::int64_t> delete_replication;
  /// A branch of history to remove: the node range [from, to) of (tree, branch).
  struct history_range {
    uuid tree_id;
    uuid branch_id;
    std::int64_t from = 0;
    std::int64_t to = 0;
  };
  std::vector<history_range> delete_history;
  std::vector<std::pair<uuid, uuid>> delete_branches; ///< (tree, branch) rows
};

/// Raises a shard's range id (takes the shard) or writes its row. Creates the row when `expected_range_id` is 0.
struct shard_update {
  int shard = 0;
  std::int64_t expected_range_id = 0; ///< condition
  std::int64_t new_range_id = 0;
  std::string value; ///< record.v1.Shard
};

/// A part of a queue that cannot be read: task ids, or fire times of timers in ns, both included.
struct unreadable_range {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::string why;
};

/// Ranges of finished tasks of a shard that may be dropped. Not conditional; dropping is idempotent. `committed` does
/// not mean synced here: after a crash what was dropped may be there again.
struct shard_cleanup {
  int shard = 0;
  std::int64_t transfer_up_to = 0;    ///< ids ≤ this
  std::int64_t timers_before_ns = 0;  ///< fire times < this; remembered requests that expired before it go, too
  std::int64_t replication_up_to = 0; ///< ids ≤ this
  /// What of it stays all the same: nobody could read it, so nobody has done it. In order.
  std::vector<unreadable_range> keep_transfer;
  std::vector<unreadable_range> keep_timers;
};

/// task_list_type: 0 decision, 1 activity.
struct task_list_key {
  uuid domain_id;
  std::string name;
  int type = 0;
  auto operator<=>(const task_list_key&) const = default;
};

struct backlog_row {
  std::int64_t task_id = 0;
  std::string value; ///< record.v1.BacklogTask
};

/// One atomic change of a task list. `expected_range_id` 0: the list must not exist yet.
struct task_list_transaction {
  task_list_key key;
  std::int64_t expected_range_id = 0;
  std::int64_t new_range_id = 0;
  std::optional<std::string> row; ///< record.v1.TaskListRow; absent: the stored row stays
  std::vector<backlog_row> append;
  std::int64_t delete_up_to = 0;      ///< drops tasks with ids ≤ this; 0: none
  std::vector<unreadable_range> keep; ///< of these, what stays all the same; in order
  bool delete_list = false;           ///< drops the list and all its tasks
};

/// One change of the domain table: exactly one domain, and the table's notification version goes up by one.
struct domain_transaction {
  std::int64_t expected_notification_version = 0;
  enum class kind { create, update, remove } operation = kind::create;
  uuid id;
  std::string name;
  std::string value; ///< record.v1.DomainRow; its notification_version is expected_notification_version
};

/// Appends to a cluster-wide queue (domain replication and its dead letters). The store gives the message id: 1 for the
/// first, then one more each; trimming does not bring ids back.
struct queue_append {
  int queue = 0; ///< 1 domain replication, -1 its dead letters; other numbers are free
  std::string payload;
};

/// Writes version `expected_version` + 1 of a cluster-wide document. Condition: the highest stored is
/// `expected_version`.
struct document_write {
  int document = 0; ///< 0 dynamic configuration, 1 isolation groups, 2 operational configuration, 3 cluster row
  std::int64_t expected_version = 0;
  std::string value; ///< record.v1.ConfigRow, or ClusterRow for document 3
};

template <class T> struct read_result {
  status outcome = status::committed;
  std::optional<T> value; ///< absent: no such row
  std::string message;
};

template <class T> struct page {
  status outcome = status::committed;
  std::vector<T> rows;
  std::string next; ///< opaque; "" when there is no more
  std::string message;
  /// Scans of transfer tasks, timers and backlogs step over what is damaged: then `outcome` is corrupted, this says
  /// what may be lost, `rows` has what could be read on both sides (and in between), and `next` is as ever. Empty
  /// although `outcome` is corrupted: the rows end before the damage. Scans of task lists do so, too, without numbers.
  std::vector<unreadable_range> unreadable;

  /// Everything of the page's range that can be read is in `rows`.
  [[nodiscard]] bool usable() const { return outcome == status::committed || !unreadable.empty(); }
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

/// A stored branch row of a history tree.
struct branch_row {
  uuid tree_id;
  uuid branch_id;
  std::string value; ///< record.v1.HistoryTree
};

struct domain_row {
  uuid id;
  std::string name;
  std::string value; ///< record.v1.DomainRow
};

struct queue_row {
  std::int64_t message_id = 0;
  std::string payload;
};

/// The one interface to durable state. Every call returns at once; its callback runs exactly once, on any thread,
/// possibly before the call returns, and must do no more than hand its argument to an actor.
///
/// Commits of one shard, submitted one after the other, are applied in that order. `committed` means on disk: a crash
/// at any later moment keeps it. A failed condition changes nothing. Reads see every commit whose callback has run.
class store {
public:
  template <class T> using done = std::function<void(T)>;

  virtual ~store() = default;

  // --- history shards
  virtual void commit(shard_transaction tx, done<commit_result> cb) = 0;
  virtual void update_shard(shard_update update, done<commit_result> cb) = 0;
  virtual void cleanup(shard_cleanup what, done<commit_result> cb) = 0;
  virtual void read_shard(int shard, done<read_result<std::string>> cb) = 0;
  virtual void read_current(int shard, workflow_key key, done<read_result<std::string>> cb) = 0;
  virtual void read_run(int shard, run_key key, done<read_result<run_rows>> cb) = 0;
  virtual void read_history(int shard, history_query query, done<page<history_node>> cb) = 0;
  /// Every branch row (record.v1.HistoryTree) of a tree.
  virtual void read_tree(int shard, uuid tree_id, done<page<std::string>> cb) = 0;
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

  /// Current-run rows of a shard (record.v1.CurrentRun), in key order.
  virtual void scan_current(int shard, std::string page, int limit,
                            done<cadenza::storage::page<std::pair<workflow_key, std::string>>> cb) = 0;
  /// Branch rows of a shard, in order of (tree, branch).
  virtual void scan_trees(int shard, std::string page, int limit, done<cadenza::storage::page<branch_row>> cb) = 0;
  /// The (tree, branch) pairs under which a shard has nodes of history, each once, in order.
  virtual void scan_branches(int shard, std::string page, int limit,
                             done<cadenza::storage::page<std::pair<uuid, uuid>>> cb) = 0;

  // --- task lists
  virtual void commit(task_list_transaction tx, done<commit_result> cb) = 0;
  virtual void read_task_list(task_list_key key, done<read_result<std::string>> cb) = 0;
  /// Tasks with after < id ≤ up_to, in order.
  virtual void scan_tasks(task_list_key key, std::int64_t after, std::int64_t up_to, int limit,
                          done<page<backlog_row>> cb) = 0;
  virtual void scan_task_lists(std::string page, int limit,
                               done<cadenza::storage::page<std::pair<task_list_key, std::string>>> cb) = 0;

  // --- domains
  virtual void commit(domain_transaction tx, done<commit_result> cb) = 0;
  virtual void read_domains(done<page<domain_row>> cb) = 0;                 ///< all of them
  virtual void read_domain_version(done<read_result<std::int64_t>> cb) = 0; ///< notification version, 0 at first

  // --- queues and documents of the cluster
  virtual void append(queue_append message, done<commit_result> cb) = 0; ///< current_value: the message id given
  virtual void read_queue(int queue, std::int64_t after, int limit, done<page<queue_row>> cb) = 0;
  virtual void trim_queue(int queue, std::int64_t up_to, done<commit_result> cb) = 0;
  virtual void write_document(document_write write, done<commit_result> cb) = 0;
  virtual void read_document(int document, done<read_result<std::string>> cb) = 0; ///< highest version

  /// False from the moment a write was refused for lack of space, or a background error came, until writes work again.
  [[nodiscard]] virtual bool accepts_writes() const = 0;

  /// Refuses new calls, finishes what is under way, and returns when every callback has run.
  virtual void close() = 0;
};

} // namespace cadenza::storage
