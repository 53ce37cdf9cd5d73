#pragma once

#include "storage/rocksdb/generation_cache.hpp"
#include "storage/rocksdb/tables.hpp"
#include "storage/rocksdb/values.hpp"
#include "storage/small_requests.hpp"
#include "storage/store.hpp"

#include <rocksdb/slice.h>
#include <rocksdb/status.h>
#include <rocksdb/write_batch.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace rocksdb {
class PinnableSlice;
}

namespace cadenza::storage::rocks {

/// Everything that goes through the commit pipeline.
using request = std::variant<shard_transaction, task_list_transaction, shard_update, history_removal, shard_cleanup,
                             dead_letter_put, dead_letter_drop, domain_transaction, queue_append, queue_trim, queue_ack,
                             document_write, lease_write, audit_row, audit_trim>;

/// Checks transactions one after the other and gathers the writes of those whose conditions hold in one batch. What the
/// group has written is known to the checks that follow, through caches of the rows that conditions look at.
/// For the committer's thread only.
class group_builder {
public:
  enum class verdict {
    taken,      ///< its writes are in the batch; the result is its answer once the batch is on disk
    refused,    ///< nothing of it is in the batch; the result says why
    next_group, ///< it cannot be judged before this group is written: hand it in again then
  };

  group_builder(const database& data, std::size_t cached_rows);

  /// A request that was taken is moved from. An empty group always judges.
  [[nodiscard]] verdict add(request& what, commit_result& result);

  [[nodiscard]] rocksdb::WriteBatch& batch() { return batch_; }
  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] bool needs_sync() const { return needs_sync_; }

  /// The batch is on disk: begins the next group.
  void written();
  /// The batch failed, or may have: forgets all that is known of rows and begins the next group.
  void lost();

private:
  struct run_state {
    std::optional<std::int64_t> version; ///< absent: no such run
    std::uint64_t group = 0;             ///< the group that last wrote it
  };
  struct current_state {
    std::optional<current_row> row;
  };
  struct list_state {
    std::int64_t range_id = 0;
    std::int64_t dropped_up_to = INT64_MIN; ///< no task with such an id is stored
    std::uint64_t group = 0;
  };
  struct shard_state {
    std::int64_t range_id = 0;
    std::int64_t transfer_dropped = INT64_MIN; ///< ids ≤ this are not stored
    std::int64_t timers_dropped = INT64_MIN;   ///< fire times < this are not stored
    std::int64_t replication_dropped = INT64_MIN;
  };
  using run_entry = generation_cache<run_state>::entry;
  using current_entry = generation_cache<current_state>::entry;
  using list_entry = generation_cache<list_state>::entry;
  using slices = std::initializer_list<rocksdb::Slice>;

  verdict add(shard_transaction& tx, commit_result& result);
  verdict add(shard_update& update, commit_result& result);
  verdict add(history_removal& what, commit_result& result);
  verdict add(shard_cleanup& what, commit_result& result);
  verdict add(dead_letter_put& what, commit_result& result);
  verdict add(dead_letter_drop& what, commit_result& result);
  verdict add(task_list_transaction& tx, commit_result& result);
  verdict add(domain_transaction& tx, commit_result& result);
  verdict add(queue_append& message, commit_result& result);
  verdict add(queue_trim& what, commit_result& result);
  verdict add(queue_ack& ack, commit_result& result);
  verdict add(document_write& write, commit_result& result);
  verdict add(lease_write& write, commit_result& result);
  verdict add(audit_row& row, commit_result& result);
  verdict add(audit_trim& what, commit_result& result);

  // Each answers null after a failed read, which `result` then tells.
  shard_state* load_shard(int shard, commit_result& result);
  run_entry* load_run(int shard, const run_key& key, commit_result& result);
  current_entry* load_current(int shard, const workflow_key& key, commit_result& result);
  list_entry* load_list(const task_list_key& key, commit_result& result);
  /// Reads what stays of a list's row while its lease goes up: they are one value. False: `result` says why not.
  bool keep_row(const std::string& key, task_list_transaction& tx, commit_result& result);

  /// Keys of [lower, upper) of a table to be deleted one by one. Stops and tells `too_many` beyond a bound.
  struct doomed_keys {
    table from = table::runs;
    std::vector<std::string> keys;
    std::string lower;
    std::string upper;
    bool too_many = false;
  };
  bool collect(table from, std::string lower, std::string upper, commit_result& result);
  bool collect_deletions(shard_transaction& tx, commit_result& result);
  [[nodiscard]] bool check_range(int shard, std::int64_t range_id, shard_state*& state, commit_result& result);
  [[nodiscard]] bool check_current(const shard_transaction& tx, commit_result& result);
  [[nodiscard]] bool check_runs(const shard_transaction& tx, commit_result& result);
  [[nodiscard]] bool check_requests(const shard_transaction& tx, commit_result& result);
  [[nodiscard]] bool check_trees(const shard_transaction& tx, commit_result& result);
  [[nodiscard]] bool waits_for_group(const shard_transaction& tx);

  void drop_doomed();
  void forget_runs(const shard_transaction& tx);
  void write_currents(shard_transaction& tx, current_entry* replaced);
  void write_run(run_mutation& run, run_entry& entry);
  void write_trees(shard_transaction& tx);
  void write_tree(int shard, tree_write& tree, tree_value stored);
  void write_history(const shard_transaction& tx);
  void write_tasks(const shard_transaction& tx, shard_state& shard);
  void write_requests(const shard_transaction& tx);

  rocksdb::Status get(table from, std::string_view key, rocksdb::PinnableSlice& value);
  void put(table into, slices key, slices value);
  void remove(table from, slices key);
  void remove_range(table from, std::string_view lower, std::string_view upper);
  void begin_next();

  static commit_result read_failure(const rocksdb::Status& failure);
  static commit_result damaged(std::string_view what);

  const database& data_;
  rocksdb::WriteBatch batch_;
  std::uint64_t group_ = 1;
  bool needs_sync_ = false;
  bool exclusive_ = false; ///< holds a transaction that reads what no cache knows: nothing may follow it

  std::unordered_map<int, shard_state> shards_; ///< as many as the cluster has shards
  generation_cache<run_state> runs_;
  generation_cache<current_state> currents_;
  generation_cache<list_state> lists_;
  std::vector<std::size_t> appended_branches_;             ///< hashes of the branches this group writes nodes to
  std::vector<std::size_t> written_trees_;                 ///< hashes of the trees this group writes
  std::unordered_map<std::string, uuid> written_requests_; ///< of this group, by key

  std::string key_; ///< scratch
  std::string text_;
  std::vector<run_entry*> run_entries_;
  std::vector<tree_value> trees_; ///< as stored, of the transaction at hand
  std::vector<doomed_keys> doomed_;
};

} // namespace cadenza::storage::rocks
