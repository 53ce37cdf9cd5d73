#pragma once

#include "config/log_line.hpp"
#include "storage/sql/lane.hpp"
#include "storage/sql/readers.hpp"
#include "storage/store.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace cadenza::storage::sql {

/// One of the databases that a store is spread over.
struct database_parts {
  connector connect;
  std::string label; ///< for lines of the log; has no password
  int lanes = 1;     ///< connections for commits
  int readers = 1;   ///< connections for reads
};

struct store_parts {
  std::vector<database_parts> databases; ///< always the same ones in the same order
  limits bounds;
  store_probes probes;
  log::sink log;
  std::function<uuid()> make_id; ///< random
  std::shared_ptr<void> held;    ///< let go when the store is closed
};

/// A store on one or several databases. A shard with everything in it is in one database, chosen by its number; a task
/// list in one, chosen by domain and name; what the whole cluster shares is in the first. So every commit is a
/// transaction of one database. What has to stay in order shares a lane.
///
/// Commits are answered on a lane's thread, reads on a reader's. Needs databases with the schema of this program.
class sql_store final : public store, private shard_store, private task_list_store, private cluster_store {
public:
  explicit sql_store(store_parts parts);
  ~sql_store() override;

  [[nodiscard]] shard_store& shards() override { return *this; }
  [[nodiscard]] task_list_store& task_lists() override { return *this; }
  [[nodiscard]] cluster_store& cluster() override { return *this; }
  [[nodiscard]] capabilities able_to() const override;
  [[nodiscard]] bool accepts_writes() const override { return around_.lanes_down.load() == 0; }
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

  struct database {
    std::vector<std::unique_ptr<lane>> lanes;
    std::unique_ptr<reader_pool> readers;
  };

  [[nodiscard]] std::size_t place_of(int shard) const { return static_cast<std::size_t>(shard) % databases_.size(); }
  [[nodiscard]] std::size_t place_of(const task_list_key& key) const;
  [[nodiscard]] lane& lane_of(int shard);
  [[nodiscard]] lane& lane_of(const task_list_key& key);
  /// Of what the cluster shares: commits of one kind stay in order.
  [[nodiscard]] lane& lane_of_cluster(std::size_t kind);

  /// Asks a database and makes the result of what it answers.
  template <class Result, class Make>
  void ask(std::size_t place, const char* name, step what, done<Result> cb, Make make);
  template <class Row, class Make>
  void ask_page(std::size_t place, const char* name, step what, int limit, done<page<Row>> cb, Make make);
  void scan_ids(const char* name, statement which, int shard, std::int64_t after, std::int64_t up_to, int limit,
                done<page<transfer_row>> cb);

  surroundings around_;
  std::vector<database> databases_;
  std::shared_ptr<void> held_;
};

} // namespace cadenza::storage::sql
