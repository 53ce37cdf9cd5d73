#include "storage/rocksdb/rocksdb_store.hpp"

#include "messages/invariant.hpp"
#include "storage/rocksdb/reads.hpp"

namespace cadenza::storage::rocks {

rocksdb_store::rocksdb_store(std::unique_ptr<engine> opened)
  : engine_(std::move(opened)),
    pipeline_(engine_->data(), engine_->options(), engine_->state(), engine_->log_sync_failed()),
    readers_(engine_->options().readers, engine_->options().queued_reads) {}

rocksdb_store::~rocksdb_store() { close(); }

template <class Result, class Look> void rocksdb_store::read(done<Result> cb, Look look) {
  CADENZA_ASSERT(cb, "somebody waits for what is read");
  readers_.submit([this, cb = std::move(cb), look = std::move(look)](bool accepted) {
    if (accepted) {
      cb(look(engine_->data()));
      return;
    }
    Result refused;
    refused.outcome = status::unavailable;
    refused.message = "the store is closed or too many reads wait";
    cb(std::move(refused));
  });
}

void rocksdb_store::commit(shard_transaction tx, done<commit_result> cb) {
  pipeline_.submit(std::move(tx), std::move(cb));
}

void rocksdb_store::update_shard(shard_update update, done<commit_result> cb) {
  pipeline_.submit(std::move(update), std::move(cb));
}

void rocksdb_store::drop_history(history_removal what, done<commit_result> cb) {
  pipeline_.submit(std::move(what), std::move(cb));
}

void rocksdb_store::cleanup(shard_cleanup what, done<commit_result> cb) { pipeline_.submit(what, std::move(cb)); }

void rocksdb_store::put_dead_letter(dead_letters at, replication_row letter, done<commit_result> cb) {
  pipeline_.submit(dead_letter_put{std::move(at), std::move(letter)}, std::move(cb));
}

void rocksdb_store::drop_dead_letters(dead_letters at, std::int64_t after, std::int64_t up_to, done<commit_result> cb) {
  pipeline_.submit(dead_letter_drop{std::move(at), after, up_to}, std::move(cb));
}

void rocksdb_store::commit(task_list_transaction tx, done<commit_result> cb) {
  pipeline_.submit(std::move(tx), std::move(cb));
}

void rocksdb_store::commit(domain_transaction tx, done<commit_result> cb) {
  pipeline_.submit(std::move(tx), std::move(cb));
}

void rocksdb_store::append(queue_append message, done<commit_result> cb) {
  pipeline_.submit(std::move(message), std::move(cb));
}

void rocksdb_store::trim_queue(int queue, std::int64_t up_to, done<commit_result> cb) {
  pipeline_.submit(queue_trim{queue, up_to}, std::move(cb));
}

void rocksdb_store::acknowledge(queue_ack ack, done<commit_result> cb) {
  pipeline_.submit(std::move(ack), std::move(cb));
}

void rocksdb_store::write_document(document_write write, done<commit_result> cb) {
  pipeline_.submit(std::move(write), std::move(cb));
}

void rocksdb_store::write_lease(lease_write write, done<commit_result> cb) {
  pipeline_.submit(std::move(write), std::move(cb));
}

void rocksdb_store::append_audit(audit_row row, done<commit_result> cb) {
  pipeline_.submit(std::move(row), std::move(cb));
}

void rocksdb_store::trim_audit(uuid domain_id, std::int64_t before_ns, done<commit_result> cb) {
  pipeline_.submit(audit_trim{domain_id, before_ns}, std::move(cb));
}

void rocksdb_store::read_shard(int shard, done<read_result<std::string>> cb) {
  read(std::move(cb), [shard](const database& data) { return rocks::read_shard(data, shard); });
}

void rocksdb_store::read_current(int shard, workflow_key key, done<read_result<current_row>> cb) {
  read(std::move(cb),
       [shard, key = std::move(key)](const database& data) { return rocks::read_current(data, shard, key); });
}

void rocksdb_store::read_run(int shard, run_key key, done<read_result<run_rows>> cb) {
  read(std::move(cb),
       [shard, key = std::move(key)](const database& data) { return rocks::read_run(data, shard, key); });
}

void rocksdb_store::read_history(int shard, history_query query, done<page<history_node>> cb) {
  read(std::move(cb),
       [shard, query = std::move(query)](const database& data) { return rocks::read_history(data, shard, query); });
}

void rocksdb_store::read_tree(int shard, uuid tree_id, done<read_result<history_tree>> cb) {
  read(std::move(cb), [shard, tree_id](const database& data) { return rocks::read_tree(data, shard, tree_id); });
}

void rocksdb_store::scan_transfer(int shard, std::int64_t after, std::int64_t up_to, int limit,
                                  done<page<transfer_row>> cb) {
  read(std::move(cb), [=](const database& data) { return rocks::scan_transfer(data, shard, after, up_to, limit); });
}

void rocksdb_store::scan_timers(int shard, std::int64_t from_ns, std::int64_t from_id, std::int64_t to_ns, int limit,
                                done<page<timer_row>> cb) {
  read(std::move(cb),
       [=](const database& data) { return rocks::scan_timers(data, shard, from_ns, from_id, to_ns, limit); });
}

void rocksdb_store::scan_replication(int shard, std::int64_t after, std::int64_t up_to, int limit,
                                     done<page<replication_row>> cb) {
  read(std::move(cb), [=](const database& data) { return rocks::scan_replication(data, shard, after, up_to, limit); });
}

void rocksdb_store::scan_runs(int shard, std::string token, int limit, done<page<std::pair<run_key, run_rows>>> cb) {
  read(std::move(cb), [shard, token = std::move(token), limit](const database& data) {
    return rocks::scan_runs(data, shard, token, limit);
  });
}

void rocksdb_store::scan_current(int shard, std::string token, int limit,
                                 done<page<std::pair<workflow_key, current_row>>> cb) {
  read(std::move(cb), [shard, token = std::move(token), limit](const database& data) {
    return rocks::scan_current(data, shard, token, limit);
  });
}

void rocksdb_store::scan_trees(int shard, std::string token, int limit, done<page<branch_row>> cb) {
  read(std::move(cb), [shard, token = std::move(token), limit](const database& data) {
    return rocks::scan_trees(data, shard, token, limit);
  });
}

void rocksdb_store::scan_branches(int shard, std::string token, int limit, done<page<std::pair<uuid, uuid>>> cb) {
  read(std::move(cb), [shard, token = std::move(token), limit](const database& data) {
    return rocks::scan_branches(data, shard, token, limit);
  });
}

void rocksdb_store::scan_dead_letters(dead_letters at, std::int64_t after, std::int64_t up_to, int limit,
                                      done<page<replication_row>> cb) {
  read(std::move(cb), [at = std::move(at), after, up_to, limit](const database& data) {
    return rocks::scan_dead_letters(data, at, after, up_to, limit);
  });
}

void rocksdb_store::read_task_list(task_list_key key, done<read_result<std::string>> cb) {
  read(std::move(cb), [key = std::move(key)](const database& data) { return rocks::read_task_list(data, key); });
}

void rocksdb_store::scan_tasks(task_list_key key, std::int64_t after, std::int64_t up_to, int limit,
                               done<page<backlog_row>> cb) {
  read(std::move(cb), [key = std::move(key), after, up_to, limit](const database& data) {
    return rocks::scan_tasks(data, key, after, up_to, limit);
  });
}

void rocksdb_store::scan_task_lists(ring_range of, std::string token, int limit,
                                    done<page<std::pair<task_list_key, std::string>>> cb) {
  read(std::move(cb), [of, token = std::move(token), limit](const database& data) {
    return rocks::scan_task_lists(data, of, token, limit);
  });
}

void rocksdb_store::read_domains(std::string token, int limit, done<page<domain_row>> cb) {
  read(std::move(cb),
       [token = std::move(token), limit](const database& data) { return rocks::read_domains(data, token, limit); });
}

void rocksdb_store::read_domain_version(done<read_result<std::int64_t>> cb) {
  read(std::move(cb), [](const database& data) { return rocks::read_domain_version(data); });
}

void rocksdb_store::read_queue(int queue, std::int64_t after, int limit, done<page<queue_row>> cb) {
  read(std::move(cb), [=](const database& data) { return rocks::read_queue(data, queue, after, limit); });
}

void rocksdb_store::read_document(int document, done<read_result<std::string>> cb) {
  read(std::move(cb), [document](const database& data) { return rocks::read_document(data, document); });
}

void rocksdb_store::read_acks(int queue, done<page<queue_ack>> cb) {
  read(std::move(cb), [queue](const database& data) { return rocks::read_acks(data, queue); });
}

void rocksdb_store::read_leases(done<page<node_lease>> cb) {
  read(std::move(cb), [](const database& data) { return rocks::read_leases(data); });
}

void rocksdb_store::read_audit(audit_query query, done<page<audit_row>> cb) {
  read(std::move(cb), [query = std::move(query)](const database& data) { return rocks::read_audit(data, query); });
}

void rocksdb_store::read_schema(done<page<schema_row>> cb) {
  read(std::move(cb), [](const database& data) { return rocks::read_schema(data); });
}

bool rocksdb_store::accepts_writes() const { return engine_->state().accepts_writes(); }

void rocksdb_store::close() {
  pipeline_.stop();
  readers_.stop();
  if (engine_->options().flush_on_close && !closed_.exchange(true) && accepts_writes())
    engine_->flush();
}

} // namespace cadenza::storage::rocks
