#pragma once

#include "storage/store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace cadenza::storage {

/// What a fault hook is told of a call that is about to be carried out.
struct fault_point {
  bool commit = false;        ///< a call that changes something; else a read
  std::string_view operation; ///< the name of the member function: "commit", "update_shard", "scan_timers", …
  int shard = -1;             ///< -1: not of a shard
};

/// What a fault hook wants to happen.
struct fault {
  enum class kind {
    none,
    unavailable,         ///< nothing happens; the answer is `unavailable`
    unknown_applied,     ///< commits: carried out, the answer is `unknown_outcome`
    unknown_not_applied, ///< commits: not carried out, the answer is `unknown_outcome`
  };
  kind what = kind::none;
  std::int64_t delay_ns = 0; ///< how late the answer comes; later ones of the same workflow id or list wait behind it
  /// Commits: how late they are carried out; later ones of the same workflow id or list wait behind them, others do
  /// not. Reads meanwhile do not see them, as with a store that gathers commits.
  std::int64_t apply_delay_ns = 0;
  /// Commits of a shard that are not carried out: their nodes of history are stored all the same. Only for a store that
  /// says so.
  bool history_stays = false;
  /// Scans of transfer tasks, timers and backlogs: what a damaged disk has left of them. In order.
  std::vector<unreadable_range> unreadable{};
};

struct memory_options {
  /// Runs a callback `delay_ns` from now, now when 0. Must run each exactly once. Default: at once, ignoring delays.
  std::function<void(std::function<void()>, std::int64_t delay_ns)> post;
  /// Asked once per call, in the order of the calls. Default: no faults. Must not call the store.
  std::function<fault(const fault_point&)> fault_hook;
  /// Unknown outcomes of this store are settled when they are answered; it may say less than that of itself.
  capabilities able_to{false, true};
};

/// A store in memory for unit tests and simulation: the rules of `store` without a disk. It has no threads: every call
/// is carried out before it returns, under a lock, and its answer goes through `post`; the hook may have commits
/// carried out and answered later, in every order that the contract allows. Everything is gone with the object; to
/// simulate a crash, drop the callers and keep the store.
class memory_store final : public store, private shard_store, private task_list_store, private cluster_store {
public:
  explicit memory_store(memory_options options = {});
  ~memory_store() override;

  [[nodiscard]] shard_store& shards() override { return *this; }
  [[nodiscard]] task_list_store& task_lists() override { return *this; }
  [[nodiscard]] cluster_store& cluster() override { return *this; }
  [[nodiscard]] capabilities able_to() const override;
  [[nodiscard]] bool accepts_writes() const override;

  /// Refuses new calls. What `post` holds back comes when `post` runs it.
  void close() override;

private:
  // --- shard_store
  void commit(shard_transaction tx, done<commit_result> cb) override;
  void update_shard(shard_update update, done<commit_result> cb) override;
  void drop_history(history_removal what, done<commit_result> cb) override;
  void cleanup(shard_cleanup what, done<commit_result> cb) override;
  void read_shard(int shard, done<read_result<std::string>> cb) override;
  void read_current(int shard, workflow_key key, done<read_result<current_row>> cb) override;
  void read_run(int shard, run_key key, done<read_result<run_rows>> cb) override;
  void read_history(int shard, history_query query, done<page<history_node>> cb) override;
  void read_tree(int shard, uuid tree_id, done<read_result<history_tree>> cb) override;
  void scan_transfer(int shard, std::int64_t after, std::int64_t up_to, int limit,
                     done<page<transfer_row>> cb) override;
  void scan_timers(int shard, std::int64_t from_ns, std::int64_t from_id, std::int64_t to_ns, int limit,
                   done<page<timer_row>> cb) override;
  void scan_replication(int shard, std::int64_t after, std::int64_t up_to, int limit,
                        done<page<replication_row>> cb) override;
  void scan_runs(int shard, std::string token, int limit, done<page<std::pair<run_key, run_rows>>> cb) override;
  void scan_current(int shard, std::string token, int limit,
                    done<page<std::pair<workflow_key, current_row>>> cb) override;
  void scan_trees(int shard, std::string token, int limit, done<page<branch_row>> cb) override;
  void scan_branches(int shard, std::string token, int limit, done<page<std::pair<uuid, uuid>>> cb) override;
  void put_dead_letter(dead_letters at, replication_row letter, done<commit_result> cb) override;
  void scan_dead_letters(dead_letters at, std::int64_t after, std::int64_t up_to, int limit,
                         done<page<replication_row>> cb) override;
  void drop_dead_letters(dead_letters at, std::int64_t after, std::int64_t up_to, done<commit_result> cb) override;

  // --- task_list_store
  void commit(task_list_transaction tx, done<commit_result> cb) override;
  void read_task_list(task_list_key key, done<read_result<std::string>> cb) override;
  void scan_tasks(task_list_key key, std::int64_t after, std::int64_t up_to, int limit,
                  done<page<backlog_row>> cb) override;
  void scan_task_lists(ring_range of, std::string token, int limit,
                       done<page<std::pair<task_list_key, std::string>>> cb) override;

  // --- cluster_store
  void commit(domain_transaction tx, done<commit_result> cb) override;
  void read_domains(std::string token, int limit, done<page<domain_row>> cb) override;
  void read_domain_version(done<read_result<std::int64_t>> cb) override;
  void append(queue_append message, done<commit_result> cb) override;
  void read_queue(int queue, std::int64_t after, int limit, done<page<queue_row>> cb) override;
  void trim_queue(int queue, std::int64_t up_to, done<commit_result> cb) override;
  void acknowledge(queue_ack ack, done<commit_result> cb) override;
  void read_acks(int queue, done<page<queue_ack>> cb) override;
  void write_document(document_write write, done<commit_result> cb) override;
  void read_document(int document, done<read_result<std::string>> cb) override;
  void write_lease(lease_write write, done<commit_result> cb) override;
  void read_leases(done<page<node_lease>> cb) override;
  void append_audit(audit_row row, done<commit_result> cb) override;
  void read_audit(audit_query query, done<page<audit_row>> cb) override;
  void trim_audit(uuid domain_id, std::int64_t before_ns, done<commit_result> cb) override;
  void read_schema(done<page<schema_row>> cb) override;

  struct state;
  std::shared_ptr<state> state_; ///< answers on their way outlive the store
};

} // namespace cadenza::storage
