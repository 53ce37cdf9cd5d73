#include "messages/invariant.hpp"
#include "storage/memory/memory_store.hpp"
#include "storage/memory/reads.hpp"
#include "storage/memory/state.hpp"

/// The calls that read.
namespace cadenza::storage {

using memory::no_shard;
using memory::tables;

namespace {

/// Takes out of a page of a queue what a fault says cannot be read. `from`: where the page begins.
template <class Row, class Number>
page<Row> lose(page<Row> whole, const fault& fate, std::int64_t from, Number&& number) {
  CADENZA_ASSERT(whole.next.empty() || !whole.rows.empty(), "a page that is followed by another one has rows");
  const auto to = whole.next.empty() ? INT64_MAX : number(whole.rows.back());
  for (const auto& lost : fate.unreadable) {
    if (lost.last < from || lost.first > to)
      continue;
    whole.unreadable.push_back(lost);
    whole.outcome = status::corrupted;
    whole.message = lost.why;
    std::erase_if(whole.rows, [&](const Row& row) { return number(row) >= lost.first && number(row) <= lost.last; });
  }
  return whole;
}

} // namespace

void memory_store::read_shard(int shard, done<read_result<std::string>> cb) {
  state_->read("read_shard", shard, std::move(cb), [shard](const tables& all) {
    read_result<std::string> result;
    if (const auto found = all.shards.find(shard); found != all.shards.end() && found->second.range_id != 0)
      result.value = found->second.value;
    return result;
  });
}

void memory_store::read_current(int shard, workflow_key key, done<read_result<current_row>> cb) {
  state_->read("read_current", shard, std::move(cb), [shard, &key](const tables& all) {
    read_result<current_row> result;
    if (const auto found = all.shards.find(shard); found != all.shards.end())
      if (const auto row = found->second.current.find(key); row != found->second.current.end())
        result.value = row->second;
    return result;
  });
}

void memory_store::read_run(int shard, run_key key, done<read_result<run_rows>> cb) {
  state_->read("read_run", shard, std::move(cb),
               [shard, &key](const tables& all) { return memory::read_run(all, shard, key); });
}

void memory_store::read_history(int shard, history_query query, done<page<history_node>> cb) {
  state_->read("read_history", shard, std::move(cb),
               [shard, &query](const tables& all) { return memory::read_history(all, shard, query); });
}

void memory_store::read_tree(int shard, uuid tree_id, done<read_result<history_tree>> cb) {
  state_->read("read_tree", shard, std::move(cb),
               [shard, &tree_id](const tables& all) { return memory::read_tree(all, shard, tree_id); });
}

void memory_store::scan_transfer(int shard, std::int64_t after, std::int64_t up_to, int limit,
                                 done<page<transfer_row>> cb) {
  state_->read("scan_transfer", shard, std::move(cb), [=](const tables& all, const fault& fate) {
    const auto found = all.shards.find(shard);
    if (found == all.shards.end())
      return page<transfer_row>{};
    return lose(memory::scan_ids<transfer_row>(found->second.transfer, after, up_to, limit), fate, after + 1,
                [](const transfer_row& row) { return row.task_id; });
  });
}

void memory_store::scan_timers(int shard, std::int64_t from_ns, std::int64_t from_id, std::int64_t to_ns, int limit,
                               done<page<timer_row>> cb) {
  state_->read("scan_timers", shard, std::move(cb), [=](const tables& all, const fault& fate) {
    return lose(memory::scan_timers(all, shard, from_ns, from_id, to_ns, limit), fate, from_ns,
                [](const timer_row& row) { return row.fire_ns; });
  });
}

void memory_store::scan_replication(int shard, std::int64_t after, std::int64_t up_to, int limit,
                                    done<page<replication_row>> cb) {
  state_->read("scan_replication", shard, std::move(cb), [=](const tables& all) {
    const auto found = all.shards.find(shard);
    return found == all.shards.end()
               ? page<replication_row>{}
               : memory::scan_ids<replication_row>(found->second.replication, after, up_to, limit);
  });
}

void memory_store::scan_runs(int shard, std::string token, int limit, done<page<std::pair<run_key, run_rows>>> cb) {
  state_->read("scan_runs", shard, std::move(cb),
               [shard, &token, limit](const tables& all) { return memory::scan_runs(all, shard, token, limit); });
}

void memory_store::scan_current(int shard, std::string token, int limit,
                                done<page<std::pair<workflow_key, current_row>>> cb) {
  state_->read("scan_current", shard, std::move(cb),
               [shard, &token, limit](const tables& all) { return memory::scan_current(all, shard, token, limit); });
}

void memory_store::scan_trees(int shard, std::string token, int limit, done<page<branch_row>> cb) {
  state_->read("scan_trees", shard, std::move(cb),
               [shard, &token, limit](const tables& all) { return memory::scan_trees(all, shard, token, limit); });
}

void memory_store::scan_branches(int shard, std::string token, int limit, done<page<std::pair<uuid, uuid>>> cb) {
  state_->read("scan_branches", shard, std::move(cb),
               [shard, &token, limit](const tables& all) { return memory::scan_branches(all, shard, token, limit); });
}

void memory_store::scan_dead_letters(dead_letters at, std::int64_t after, std::int64_t up_to, int limit,
                                     done<page<replication_row>> cb) {
  const int shard = at.shard;
  state_->read("scan_dead_letters", shard, std::move(cb), [&at, after, up_to, limit](const tables& all) {
    const auto found = all.dead_letters.find({at.shard, at.cluster});
    return found == all.dead_letters.end() ? page<replication_row>{}
                                           : memory::scan_ids<replication_row>(found->second, after, up_to, limit);
  });
}

void memory_store::read_task_list(task_list_key key, done<read_result<std::string>> cb) {
  state_->read("read_task_list", no_shard, std::move(cb), [&key](const tables& all) {
    read_result<std::string> result;
    if (const auto found = all.task_lists.find(key); found != all.task_lists.end())
      result.value = found->second.row;
    return result;
  });
}

void memory_store::scan_tasks(task_list_key key, std::int64_t after, std::int64_t up_to, int limit,
                              done<page<backlog_row>> cb) {
  state_->read("scan_tasks", no_shard, std::move(cb),
               [&key, after, up_to, limit](const tables& all, const fault& fate) {
                 const auto found = all.task_lists.find(key);
                 if (found == all.task_lists.end())
                   return page<backlog_row>{};
                 return lose(memory::scan_ids<backlog_row>(found->second.tasks, after, up_to, limit), fate, after + 1,
                             [](const backlog_row& row) { return row.task_id; });
               });
}

void memory_store::scan_task_lists(ring_range of, std::string token, int limit,
                                   done<page<std::pair<task_list_key, std::string>>> cb) {
  state_->read("scan_task_lists", no_shard, std::move(cb),
               [of, &token, limit](const tables& all) { return memory::scan_task_lists(all, of, token, limit); });
}

void memory_store::read_domains(std::string token, int limit, done<page<domain_row>> cb) {
  state_->read("read_domains", no_shard, std::move(cb),
               [&token, limit](const tables& all) { return memory::read_domains(all, token, limit); });
}

void memory_store::read_domain_version(done<read_result<std::int64_t>> cb) {
  state_->read("read_domain_version", no_shard, std::move(cb), [](const tables& all) {
    return read_result<std::int64_t>{status::committed, all.domain_version, {}};
  });
}

void memory_store::read_queue(int queue, std::int64_t after, int limit, done<page<queue_row>> cb) {
  state_->read("read_queue", no_shard, std::move(cb), [=](const tables& all) {
    const auto found = all.queues.find(queue);
    return found == all.queues.end() ? page<queue_row>{}
                                     : memory::scan_ids<queue_row>(found->second.messages, after, INT64_MAX, limit);
  });
}

void memory_store::read_acks(int queue, done<page<queue_ack>> cb) {
  state_->read("read_acks", no_shard, std::move(cb),
               [queue](const tables& all) { return memory::read_acks(all, queue); });
}

void memory_store::read_document(int document, done<read_result<std::string>> cb) {
  state_->read("read_document", no_shard, std::move(cb), [document](const tables& all) {
    read_result<std::string> result;
    if (const auto found = all.documents.find(document); found != all.documents.end() && found->second.version != 0)
      result.value = found->second.value;
    return result;
  });
}

void memory_store::read_leases(done<page<node_lease>> cb) {
  state_->read("read_leases", no_shard, std::move(cb), [](const tables& all) { return memory::read_leases(all); });
}

void memory_store::read_audit(audit_query query, done<page<audit_row>> cb) {
  state_->read("read_audit", no_shard, std::move(cb),
               [&query](const tables& all) { return memory::read_audit(all, query); });
}

void memory_store::read_schema(done<page<schema_row>> cb) {
  // Made anew at each start: there is nothing to bring up to date.
  state_->read("read_schema", no_shard, std::move(cb), [](const tables&) {
    page<schema_row> result;
    result.rows.push_back({1, 0, "memory"});
    return result;
  });
}

} // namespace cadenza::storage
