#include "messages/invariant.hpp"
#include "storage/refusals.hpp"
#include "storage/rocksdb/group.hpp"
#include "storage/rocksdb/keys.hpp"

#include <rocksdb/db.h>

#include <algorithm>
#include <memory>

/// The part of a group that concerns history shards.
namespace cadenza::storage::rocks {

namespace {

std::size_t branch_hash(const uuid& tree_id, const uuid& branch_id) {
  return std::hash<uuid>{}(tree_id)*31 + std::hash<uuid>{}(branch_id);
}

std::string branch_bound(int shard, const uuid& tree_id, const uuid& branch_id, std::int64_t event_id) {
  std::string key;
  put_branch_prefix(key, shard, tree_id, branch_id);
  put_number(key, event_id);
  return key;
}

} // namespace

bool group_builder::check_range(int shard, std::int64_t range_id, shard_state*& state, commit_result& result) {
  state = load_shard(shard, result);
  if (state == nullptr)
    return false;
  if (state->range_id != 0 && state->range_id == range_id)
    return true;
  result = refuse_shard(shard, range_id, state->range_id);
  return false;
}

bool group_builder::check_current(const shard_transaction& tx, commit_result& result) {
  if (!tx.current)
    return true;
  const auto* entry = load_current(tx.shard, tx.current->key, result);
  if (entry == nullptr)
    return false;
  const auto* row = entry->second.row ? &*entry->second.row : nullptr;
  if (holds(*tx.current, row))
    return true;
  result = refuse_current(*tx.current, row);
  return false;
}

bool group_builder::check_runs(const shard_transaction& tx, commit_result& result) {
  run_entries_.clear();
  for (const auto& run : tx.runs) {
    CADENZA_ASSERT(run.new_version > run.expected_version.value_or(0), "the version of a run grows with each write");
    CADENZA_ASSERT(run.key.run_id != uuid{}, "a run is stored under its id");
    auto* entry = load_run(tx.shard, run.key, result);
    if (entry == nullptr)
      return false;
    if (entry->second.version != run.expected_version) {
      result = refuse_run(run, entry->second.version.value_or(0));
      return false;
    }
    CADENZA_ASSERT(run_entries_.empty() || run_entries_.back() != entry,
                   "a transaction writes a run once; run " + run.key.run_id.str());
    run_entries_.push_back(entry);
  }
  return true;
}

group_builder::verdict group_builder::add(shard_transaction& tx, commit_result& result) {
  shard_state* shard = nullptr;
  if (!check_range(tx.shard, tx.range_id, shard, result) || !check_current(tx, result) || !check_runs(tx, result))
    return verdict::refused;
  if (waits_for_group(tx))
    return verdict::next_group;
  if (!check_trees(tx, result) || !check_requests(tx, result))
    return verdict::refused;

  // All that can fail comes before the first write: a transaction is in the batch whole or not at all.
  current_entry* replaced = nullptr;
  if (tx.delete_current) {
    replaced = load_current(tx.shard, tx.delete_current->key, result);
    if (replaced == nullptr)
      return verdict::refused;
  }
  doomed_.clear();
  if (!collect_deletions(tx, result))
    return verdict::refused;

  CADENZA_ASSERT(run_entries_.size() == tx.runs.size(), "each run of a transaction was looked at before it is written");
  needs_sync_ = true;
  drop_doomed();
  forget_runs(tx);
  write_currents(tx, replaced);
  for (std::size_t i = 0; i < tx.runs.size(); ++i)
    write_run(tx.runs[i], *run_entries_[i]);
  write_trees(tx);
  write_history(tx);
  write_tasks(tx, *shard);
  write_requests(tx);
  return verdict::taken;
}

bool group_builder::waits_for_group(const shard_transaction& tx) {
  // Rows to be deleted, and those of history trees, are looked up in the database, which does not have this group's
  // writes yet.
  for (std::size_t i = 0; i < tx.runs.size(); ++i)
    if (tx.runs[i].clear_pending && run_entries_[i]->second.group == group_)
      return true;
  for (const auto& run : tx.delete_runs) {
    key_.clear();
    put_run_prefix(key_, tx.shard, run);
    if (const auto* known = runs_.find(key_); known != nullptr && known->second.group == group_)
      return true;
  }
  return std::any_of(tx.trees.begin(), tx.trees.end(), [this](const tree_write& tree) {
    return tree.expected_version && std::find(written_trees_.begin(), written_trees_.end(),
                                              std::hash<uuid>{}(tree.tree_id)) != written_trees_.end();
  });
}

bool group_builder::check_requests(const shard_transaction& tx, commit_result& result) {
  for (const auto& mark : tx.requests) {
    key_.clear();
    put_request_key(key_, tx.shard, mark);
    if (const auto known = written_requests_.find(key_); known != written_requests_.end()) {
      result = refuse_request(mark, known->second);
      return false;
    }
    rocksdb::PinnableSlice value;
    const auto found = get(table::requests, key_, value);
    if (found.IsNotFound())
      continue;
    if (!found.ok()) {
      result = read_failure(found);
      return false;
    }
    auto bytes = value.ToStringView();
    const auto expires_ns = take_varint(bytes);
    uuid run_id;
    if (key_reader run(bytes); !expires_ns || !run.id(run_id)) {
      result = damaged("remembered request");
      return false;
    }
    if (static_cast<std::int64_t>(*expires_ns) > mark.now_ns) {
      result = refuse_request(mark, run_id);
      return false;
    }
  }
  return true;
}

void group_builder::write_requests(const shard_transaction& tx) {
  for (const auto& mark : tx.requests) {
    key_.clear();
    put_request_key(key_, tx.shard, mark);
    CADENZA_ASSERT(mark.expires_ns >= 0 && mark.run_id != uuid{},
                   "a request is remembered with the run that answers it");
    text_.clear();
    put_varint(text_, static_cast<std::uint64_t>(mark.expires_ns));
    put_uuid(text_, mark.run_id);
    put(table::requests, {key_}, {text_});
    written_requests_.insert_or_assign(key_, mark.run_id);
  }
}

bool group_builder::collect_deletions(shard_transaction& tx, commit_result& result) {
  for (std::size_t i = 0; i < tx.runs.size(); ++i) {
    if (!tx.runs[i].clear_pending || !tx.runs[i].expected_version)
      continue;
    const auto& prefix = run_entries_[i]->first;
    if (!collect(table::runs, prefix + run_pending_tag, prefix + run_tag_end, result))
      return false;
  }
  for (const auto& run : tx.delete_runs) {
    std::string prefix;
    put_run_prefix(prefix, tx.shard, run);
    if (!collect(table::runs, prefix, prefix + run_tag_end, result))
      return false;
  }
  return true;
}

void group_builder::forget_runs(const shard_transaction& tx) {
  for (const auto& run : tx.delete_runs) {
    key_.clear();
    put_run_prefix(key_, tx.shard, run);
    auto* entry = runs_.find(key_);
    if (entry == nullptr)
      entry = &runs_.add(key_, {});
    entry->second = {std::nullopt, group_};
  }
}

void group_builder::write_currents(shard_transaction& tx, current_entry* replaced) {
  if (replaced != nullptr && replaced->second.row && replaced->second.row->run_id == tx.delete_current->run_id) {
    remove(table::current, {replaced->first});
    replaced->second.row.reset();
  }
  if (!tx.set_current)
    return;
  auto& row = tx.set_current->row;
  CADENZA_ASSERT(row.run_id != uuid{}, "a current-run row names a run");
  key_.clear();
  put_current_key(key_, tx.shard, tx.set_current->key);
  text_.clear();
  put_current_head(text_, row);
  put(table::current, {key_}, {text_, row.value});
  if (auto* known = currents_.find(key_))
    known->second.row = std::move(row);
  else
    currents_.add(key_, {std::move(row)});
}

void group_builder::write_run(run_mutation& run, run_entry& entry) {
  const std::string& prefix = entry.first;
  text_.clear();
  put_varint(text_, static_cast<std::uint64_t>(run.new_version));
  put(table::runs, {prefix, {&run_header_tag, 1}}, {text_, run.header});
  if (run.fixed)
    put(table::runs, {prefix, {&run_fixed_tag, 1}}, {*run.fixed});
  for (const auto& row : run.pending) {
    key_.clear();
    put_pending_suffix(key_, row);
    if (row.value)
      put(table::runs, {prefix, key_}, {*row.value});
    else
      remove(table::runs, {prefix, key_});
  }
  entry.second = {run.new_version, group_};
}

void group_builder::write_history(const shard_transaction& tx) {
  for (const auto& append : tx.history) {
    CADENZA_ASSERT(!append.batch.empty(), "a node of history has events");
    CADENZA_ASSERT(append.tree_id != uuid{} && append.branch_id != uuid{}, "a node of history belongs to a branch");
    key_.clear();
    put_branch_prefix(key_, tx.shard, append.tree_id, append.branch_id);
    put_node_suffix(key_, append.first_event_id, append.txn_id);
    put(table::history, {key_}, {append.batch});
    appended_branches_.push_back(branch_hash(append.tree_id, append.branch_id));
  }
}

void group_builder::write_tasks(const shard_transaction& tx, shard_state& shard) {
  for (const auto id : tx.delete_transfer) {
    key_.clear();
    put_task_key(key_, tx.shard, id);
    remove(table::transfer, {key_});
  }
  for (const auto& timer : tx.delete_timers) {
    key_.clear();
    put_timer_key(key_, tx.shard, timer.fire_ns, timer.task_id);
    remove(table::timers, {key_});
  }
  for (const auto id : tx.delete_replication) {
    key_.clear();
    put_task_key(key_, tx.shard, id);
    remove(table::replication, {key_});
  }
  for (const auto& row : tx.transfer) {
    key_.clear();
    put_task_key(key_, tx.shard, row.task_id);
    put(table::transfer, {key_}, {row.value});
    shard.transfer_dropped = std::min(shard.transfer_dropped, row.task_id - 1);
  }
  for (const auto& row : tx.timers) {
    key_.clear();
    put_timer_key(key_, tx.shard, row.fire_ns, row.task_id);
    put(table::timers, {key_}, {row.value});
    shard.timers_dropped = std::min(shard.timers_dropped, row.fire_ns);
  }
  for (const auto& row : tx.replication) {
    key_.clear();
    put_task_key(key_, tx.shard, row.task_id);
    put(table::replication, {key_}, {row.value});
    shard.replication_dropped = std::min(shard.replication_dropped, row.task_id - 1);
  }
}

group_builder::verdict group_builder::add(shard_update& update, commit_result& result) {
  auto* shard = load_shard(update.shard, result);
  if (shard == nullptr)
    return verdict::refused;
  if (shard->range_id != update.expected_range_id) {
    result = refuse_shard(update.shard, update.expected_range_id, shard->range_id);
    return verdict::refused;
  }
  CADENZA_ASSERT(update.new_range_id > 0 && update.new_range_id >= update.expected_range_id,
                 "the range id of a shard never falls");
  key_.clear();
  put_number(key_, static_cast<std::int32_t>(update.shard));
  text_.clear();
  put_varint(text_, static_cast<std::uint64_t>(update.new_range_id));
  put(table::shards, {key_}, {text_, update.value});
  shard->range_id = update.new_range_id;
  needs_sync_ = true;
  return verdict::taken;
}

group_builder::verdict group_builder::add(history_removal& what, commit_result& result) {
  shard_state* shard = nullptr;
  if (!check_range(what.shard, what.range_id, shard, result))
    return verdict::refused;
  // The keys are looked up in the database, which does not have this group's writes yet.
  const auto appended = [this](const history_removal::range& range) {
    return std::find(appended_branches_.begin(), appended_branches_.end(),
                     branch_hash(range.tree_id, range.branch_id)) != appended_branches_.end();
  };
  if (std::any_of(what.ranges.begin(), what.ranges.end(), appended))
    return verdict::next_group;
  doomed_.clear();
  for (const auto& range : what.ranges) {
    if (range.from >= range.to)
      continue;
    if (!collect(table::history, branch_bound(what.shard, range.tree_id, range.branch_id, range.from),
                 branch_bound(what.shard, range.tree_id, range.branch_id, range.to), result))
      return verdict::refused;
  }
  needs_sync_ = true;
  drop_doomed();
  return verdict::taken;
}

group_builder::verdict group_builder::add(shard_cleanup& what, commit_result& result) {
  auto* shard = load_shard(what.shard, result);
  if (shard == nullptr)
    return verdict::refused;
  // Ranges that follow one another do not overlap, which keeps their tombstones cheap. A clean-up lost in a crash is
  // done again by the first one after it, so it waits for no sync.
  const auto drop = [&](table from, std::int64_t& dropped, std::int64_t bound) {
    if (bound <= dropped)
      return;
    key_.clear();
    put_task_key(key_, what.shard, dropped);
    text_.clear();
    put_task_key(text_, what.shard, bound);
    remove_range(from, key_, text_);
    dropped = bound;
  };
  const auto drop_ids = [&](table from, std::int64_t& dropped, std::int64_t up_to) {
    if (up_to <= dropped || up_to == INT64_MAX)
      return;
    auto first_kept = dropped == INT64_MIN ? INT64_MIN : dropped + 1;
    drop(from, first_kept, up_to + 1);
    dropped = up_to;
  };
  for (const auto& kept : what.keep_transfer) {
    CADENZA_ASSERT(kept.first > INT64_MIN && kept.first <= kept.last,
                   "what could not be read of a queue has a beginning and an end");
    drop_ids(table::transfer, shard->transfer_dropped, std::min(kept.first - 1, what.transfer_up_to));
    shard->transfer_dropped = std::max(shard->transfer_dropped, std::min(kept.last, what.transfer_up_to));
  }
  drop_ids(table::transfer, shard->transfer_dropped, what.transfer_up_to);
  for (const auto& kept : what.keep_timers) {
    CADENZA_ASSERT(kept.first > INT64_MIN && kept.first <= kept.last,
                   "timers that could not be read stand between two times");
    drop(table::timers, shard->timers_dropped, std::min(kept.first, what.timers_before_ns));
    shard->timers_dropped = std::max(shard->timers_dropped, std::min(kept.last, what.timers_before_ns - 1) + 1);
  }
  drop(table::timers, shard->timers_dropped, what.timers_before_ns);
  drop_ids(table::replication, shard->replication_dropped, what.replication_up_to);
  return verdict::taken;
}

} // namespace cadenza::storage::rocks
