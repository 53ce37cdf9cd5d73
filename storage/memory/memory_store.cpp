#include "storage/memory/memory_store.hpp"

#include "storage/memory/reads.hpp"
#include "storage/memory/tables.hpp"
#include "storage/refusals.hpp"

#include <deque>
#include <mutex>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cadenza::storage {

namespace {

constexpr int no_shard = -1;

template <class Result> Result unavailable(std::string message) {
  Result result;
  result.outcome = status::unavailable;
  result.message = std::move(message);
  return result;
}

/// Takes out of a page of a queue what a fault says cannot be read. `from`: where the page begins.
template <class Row, class Number>
page<Row> lose(page<Row> whole, const fault& fate, std::int64_t from, Number&& number) {
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

struct memory_store::state : std::enable_shared_from_this<memory_store::state> {
  /// A commit's answer that waits for its time and its turn.
  struct answer {
    done<commit_result> cb;
    commit_result result;
    bool due = false;
  };
  /// What goes through `options.post` once the lock is released: what, and how late.
  using postings = std::vector<std::pair<std::function<void()>, std::int64_t>>;
  /// A commit that has been accepted, but that reads do not see yet.
  struct unapplied {
    std::function<void(postings&)> carry_out;
    bool due = false;
  };
  struct answer_lane {
    std::deque<std::shared_ptr<answer>> waiting;
    bool delivering = false;
  };

  explicit state(memory_options given) : options(std::move(given)) {
    if (!options.post)
      options.post = [](std::function<void()> f, std::int64_t) { f(); };
  }

  fault ask(bool commit, std::string_view operation, int shard) {
    return options.fault_hook ? options.fault_hook({commit, operation, shard}) : fault{};
  }

  /// Carries a commit out, now or when its turn has come, and answers in the order of its lane.
  template <class Apply> void commit(std::string_view operation, int shard, done<commit_result> cb, Apply apply) {
    auto entry = std::make_shared<answer>();
    entry->cb = std::move(cb);
    postings out;
    {
      const std::lock_guard guard(mutex);
      lanes[shard].waiting.push_back(entry);
      if (closed) {
        entry->result = refuse_unavailable("the store is closed");
        out.emplace_back([self = shared_from_this(), entry, shard] { self->deliver(*entry, shard); }, 0);
      } else {
        const auto fate = ask(true, operation, shard);
        auto turn = std::make_shared<unapplied>();
        turn->due = fate.apply_delay_ns <= 0;
        turn->carry_out = [this, fate, entry, shard, kept = std::make_shared<Apply>(std::move(apply))](postings& then) {
          entry->result = carry_out(fate.what, *kept);
          then.emplace_back([self = shared_from_this(), entry, shard] { self->deliver(*entry, shard); }, fate.delay_ns);
        };
        coming.push_back(turn);
        if (!turn->due)
          out.emplace_back([self = shared_from_this(), turn] { self->come_due(*turn); }, fate.apply_delay_ns);
        carry_out_due(out);
      }
    }
    post(out);
  }

  void come_due(unapplied& turn) {
    postings out;
    {
      const std::lock_guard guard(mutex);
      turn.due = true;
      carry_out_due(out);
    }
    post(out);
  }

  /// Carries out what is due, in the order in which the commits came. Needs the lock.
  void carry_out_due(postings& out) {
    while (!coming.empty() && coming.front()->due) {
      coming.front()->carry_out(out);
      coming.pop_front();
    }
  }

  void post(postings& all) {
    for (auto& [what, delay_ns] : all)
      options.post(std::move(what), delay_ns);
  }

  template <class Apply> commit_result carry_out(fault::kind what, Apply& apply) {
    commit_result result;
    switch (what) {
    case fault::kind::none: return apply(tables);
    case fault::kind::unavailable: return refuse_unavailable("injected fault");
    case fault::kind::unknown_applied: apply(tables); break;
    case fault::kind::unknown_not_applied: break;
    }
    result.outcome = status::unknown_outcome;
    result.message = "injected fault";
    return result;
  }

  void deliver(answer& entry, int shard) {
    std::unique_lock guard(mutex);
    entry.due = true;
    auto& lane = lanes[shard];
    // Whoever delivers already takes this answer along; a callback that commits again must not overtake it.
    if (lane.delivering)
      return;
    lane.delivering = true;
    while (!lane.waiting.empty() && lane.waiting.front()->due) {
      const auto next = std::move(lane.waiting.front());
      lane.waiting.pop_front();
      guard.unlock();
      next->cb(std::move(next->result));
      guard.lock();
    }
    lane.delivering = false;
  }

  template <class Result, class Read> void read(std::string_view operation, int shard, done<Result> cb, Read look) {
    Result result;
    std::int64_t delay_ns = 0;
    {
      const std::lock_guard guard(mutex);
      if (closed) {
        result = unavailable<Result>("the store is closed");
      } else {
        const auto fate = ask(false, operation, shard);
        delay_ns = fate.delay_ns;
        if (fate.what != fault::kind::none)
          result = unavailable<Result>("injected fault");
        else if constexpr (std::is_invocable_v<Read, const memory::tables&, const fault&>)
          result = look(std::as_const(tables), fate);
        else
          result = look(std::as_const(tables));
      }
    }
    options.post([cb = std::move(cb), result = std::move(result)]() mutable { cb(std::move(result)); }, delay_ns);
  }

  memory_options options;
  std::mutex mutex;
  memory::tables tables;
  std::deque<std::shared_ptr<unapplied>> coming; ///< in the order of the calls
  std::unordered_map<int, answer_lane> lanes;    ///< references stay valid; one per shard and one for all else
  bool closed = false;
};

memory_store::memory_store(memory_options options) : state_(std::make_shared<state>(std::move(options))) {}

memory_store::~memory_store() { close(); }

void memory_store::commit(shard_transaction tx, done<commit_result> cb) {
  const int shard = tx.shard;
  state_->commit("commit", shard, std::move(cb),
                 [tx = std::move(tx)](memory::tables& all) mutable { return all.apply(tx); });
}

void memory_store::update_shard(shard_update update, done<commit_result> cb) {
  const int shard = update.shard;
  state_->commit("update_shard", shard, std::move(cb),
                 [update = std::move(update)](memory::tables& all) mutable { return all.apply(update); });
}

void memory_store::cleanup(shard_cleanup what, done<commit_result> cb) {
  const int shard = what.shard;
  state_->commit("cleanup", shard, std::move(cb), [what](memory::tables& all) { return all.apply(what); });
}

void memory_store::commit(task_list_transaction tx, done<commit_result> cb) {
  state_->commit("commit", no_shard, std::move(cb),
                 [tx = std::move(tx)](memory::tables& all) mutable { return all.apply(tx); });
}

void memory_store::commit(domain_transaction tx, done<commit_result> cb) {
  state_->commit("commit", no_shard, std::move(cb),
                 [tx = std::move(tx)](memory::tables& all) mutable { return all.apply(tx); });
}

void memory_store::append(queue_append message, done<commit_result> cb) {
  state_->commit("append", no_shard, std::move(cb),
                 [message = std::move(message)](memory::tables& all) mutable { return all.apply(message); });
}

void memory_store::trim_queue(int queue, std::int64_t up_to, done<commit_result> cb) {
  state_->commit("trim_queue", no_shard, std::move(cb),
                 [queue, up_to](memory::tables& all) { return all.trim(queue, up_to); });
}

void memory_store::write_document(document_write write, done<commit_result> cb) {
  state_->commit("write_document", no_shard, std::move(cb),
                 [write = std::move(write)](memory::tables& all) mutable { return all.apply(write); });
}

void memory_store::read_shard(int shard, done<read_result<std::string>> cb) {
  state_->read("read_shard", shard, std::move(cb), [shard](const memory::tables& all) {
    read_result<std::string> result;
    if (const auto found = all.shards.find(shard); found != all.shards.end() && found->second.range_id != 0)
      result.value = found->second.value;
    return result;
  });
}

void memory_store::read_current(int shard, workflow_key key, done<read_result<std::string>> cb) {
  state_->read("read_current", shard, std::move(cb), [shard, &key](const memory::tables& all) {
    read_result<std::string> result;
    if (const auto found = all.shards.find(shard); found != all.shards.end())
      if (const auto row = found->second.current.find(key); row != found->second.current.end())
        result.value = row->second.value;
    return result;
  });
}

void memory_store::read_run(int shard, run_key key, done<read_result<run_rows>> cb) {
  state_->read("read_run", shard, std::move(cb),
               [shard, &key](const memory::tables& all) { return memory::read_run(all, shard, key); });
}

void memory_store::read_history(int shard, history_query query, done<page<history_node>> cb) {
  state_->read("read_history", shard, std::move(cb),
               [shard, &query](const memory::tables& all) { return memory::read_history(all, shard, query); });
}

void memory_store::read_tree(int shard, uuid tree_id, done<page<std::string>> cb) {
  state_->read("read_tree", shard, std::move(cb),
               [shard, &tree_id](const memory::tables& all) { return memory::read_tree(all, shard, tree_id); });
}

void memory_store::scan_transfer(int shard, std::int64_t after, std::int64_t up_to, int limit,
                                 done<page<transfer_row>> cb) {
  state_->read("scan_transfer", shard, std::move(cb), [=](const memory::tables& all, const fault& fate) {
    const auto found = all.shards.find(shard);
    if (found == all.shards.end())
      return page<transfer_row>{};
    return lose(memory::scan_ids<transfer_row>(found->second.transfer, after, up_to, limit), fate, after + 1,
                [](const transfer_row& row) { return row.task_id; });
  });
}

void memory_store::scan_timers(int shard, std::int64_t from_ns, std::int64_t from_id, std::int64_t to_ns, int limit,
                               done<page<timer_row>> cb) {
  state_->read("scan_timers", shard, std::move(cb), [=](const memory::tables& all, const fault& fate) {
    return lose(memory::scan_timers(all, shard, from_ns, from_id, to_ns, limit), fate, from_ns,
                [](const timer_row& row) { return row.fire_ns; });
  });
}

void memory_store::scan_replication(int shard, std::int64_t after, std::int64_t up_to, int limit,
                                    done<page<replication_row>> cb) {
  state_->read("scan_replication", shard, std::move(cb), [=](const memory::tables& all) {
    const auto found = all.shards.find(shard);
    return found == all.shards.end()
               ? page<replication_row>{}
               : memory::scan_ids<replication_row>(found->second.replication, after, up_to, limit);
  });
}

void memory_store::scan_runs(int shard, std::string token, int limit, done<page<std::pair<run_key, run_rows>>> cb) {
  state_->read("scan_runs", shard, std::move(cb), [shard, &token, limit](const memory::tables& all) {
    return memory::scan_runs(all, shard, token, limit);
  });
}

void memory_store::scan_current(int shard, std::string token, int limit,
                                done<page<std::pair<workflow_key, std::string>>> cb) {
  state_->read("scan_current", shard, std::move(cb), [shard, &token, limit](const memory::tables& all) {
    return memory::scan_current(all, shard, token, limit);
  });
}

void memory_store::scan_trees(int shard, std::string token, int limit, done<page<branch_row>> cb) {
  state_->read("scan_trees", shard, std::move(cb), [shard, &token, limit](const memory::tables& all) {
    return memory::scan_trees(all, shard, token, limit);
  });
}

void memory_store::scan_branches(int shard, std::string token, int limit, done<page<std::pair<uuid, uuid>>> cb) {
  state_->read("scan_branches", shard, std::move(cb), [shard, &token, limit](const memory::tables& all) {
    return memory::scan_branches(all, shard, token, limit);
  });
}

void memory_store::read_task_list(task_list_key key, done<read_result<std::string>> cb) {
  state_->read("read_task_list", no_shard, std::move(cb), [&key](const memory::tables& all) {
    read_result<std::string> result;
    if (const auto found = all.task_lists.find(key); found != all.task_lists.end())
      result.value = found->second.row;
    return result;
  });
}

void memory_store::scan_tasks(task_list_key key, std::int64_t after, std::int64_t up_to, int limit,
                              done<page<backlog_row>> cb) {
  state_->read("scan_tasks", no_shard, std::move(cb),
               [&key, after, up_to, limit](const memory::tables& all, const fault& fate) {
                 const auto found = all.task_lists.find(key);
                 if (found == all.task_lists.end())
                   return page<backlog_row>{};
                 return lose(memory::scan_ids<backlog_row>(found->second.tasks, after, up_to, limit), fate, after + 1,
                             [](const backlog_row& row) { return row.task_id; });
               });
}

void memory_store::scan_task_lists(std::string token, int limit, done<page<std::pair<task_list_key, std::string>>> cb) {
  state_->read("scan_task_lists", no_shard, std::move(cb),
               [&token, limit](const memory::tables& all) { return memory::scan_task_lists(all, token, limit); });
}

void memory_store::read_domains(done<page<domain_row>> cb) {
  state_->read("read_domains", no_shard, std::move(cb), [](const memory::tables& all) {
    page<domain_row> result;
    result.rows.reserve(all.domains.size());
    for (const auto& [id, row] : all.domains)
      result.rows.push_back(row);
    return result;
  });
}

void memory_store::read_domain_version(done<read_result<std::int64_t>> cb) {
  state_->read("read_domain_version", no_shard, std::move(cb), [](const memory::tables& all) {
    return read_result<std::int64_t>{status::committed, all.domain_version, {}};
  });
}

void memory_store::read_queue(int queue, std::int64_t after, int limit, done<page<queue_row>> cb) {
  state_->read("read_queue", no_shard, std::move(cb), [=](const memory::tables& all) {
    const auto found = all.queues.find(queue);
    return found == all.queues.end() ? page<queue_row>{}
                                     : memory::scan_ids<queue_row>(found->second.messages, after, INT64_MAX, limit);
  });
}

void memory_store::read_document(int document, done<read_result<std::string>> cb) {
  state_->read("read_document", no_shard, std::move(cb), [document](const memory::tables& all) {
    read_result<std::string> result;
    if (const auto found = all.documents.find(document); found != all.documents.end() && found->second.version != 0)
      result.value = found->second.value;
    return result;
  });
}

bool memory_store::accepts_writes() const {
  const std::lock_guard guard(state_->mutex);
  return !state_->closed;
}

void memory_store::close() {
  const std::lock_guard guard(state_->mutex);
  state_->closed = true;
}

} // namespace cadenza::storage
