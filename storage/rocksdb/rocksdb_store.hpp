#pragma once

#include "storage/backups.hpp"
#include "storage/file_check.hpp"
#include "storage/rocksdb/engine.hpp"
#include "storage/rocksdb/pipeline.hpp"
#include "storage/rocksdb/readers.hpp"
#include "storage/store.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace cadenza::storage::rocks {

/// The embedded store: commits go through the pipeline, reads through the reader pool. Commits are answered on the
/// committer's thread, reads on a reader's. Everything commits in one order, which is more than the contract asks for.
class rocksdb_store final : public store,
                            public backup_source,
                            public file_check,
                            private shard_store,
                            private task_list_store,
                            private cluster_store {
public:
  explicit rocksdb_store(std::unique_ptr<engine> opened);
  ~rocksdb_store() override;

  [[nodiscard]] shard_store& shards() override { return *this; }
  [[nodiscard]] task_list_store& task_lists() override { return *this; }
  [[nodiscard]] cluster_store& cluster() override { return *this; }
  [[nodiscard]] backup_source* backups() override { return this; }
  [[nodiscard]] outcome<backup_info> create_backup(const std::string& backup_directory) override; // backup.cpp
  [[nodiscard]] file_check* files() override { return this; }
  [[nodiscard]] std::vector<std::string>
  unreadable_files(const std::function<bool()>& stopping) override;                      // file_check.cpp
  [[nodiscard]] outcome<std::vector<rewritten_queue>> rewrite_damaged_queues() override; // file_check.cpp
  [[nodiscard]] bool accepts_writes() const override;
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

  template <class Result, class Look> void read(done<Result> cb, Look look);

  std::unique_ptr<engine> engine_;
  pipeline pipeline_;
  reader_pool readers_;
  std::atomic<bool> closed_{false};
};

} // namespace cadenza::storage::rocks
