#include "storage/sql/group.hpp"

#include "messages/invariant.hpp"
#include "storage/refusals.hpp"

#include <algorithm>

namespace cadenza::storage::sql {

namespace {

pending_id id_of(const pending_row& row) {
  const bool by_text = row.kind == pending_kind::timer || row.kind == pending_kind::signal_requested;
  return by_text ? pending_id{row.kind, 0, row.text} : pending_id{row.kind, row.number, {}};
}

request_id id_of(const request_write& one) { return {one.workflow, one.kind, one.version, one.request_id}; }

/// The slot of a key when there is one.
template <class Map, class Key> auto* find_in(Map& all, const Key& key) {
  const auto found = all.find(key);
  return found == all.end() ? nullptr : &found->second;
}

} // namespace

group::verdict group::add(const request& what, commit_result& result) {
  if (const auto* tx = std::get_if<shard_transaction>(&what))
    return judge(*tx, result);
  if (const auto* update = std::get_if<shard_update>(&what))
    return judge(*update, result);
  const auto* list = std::get_if<task_list_transaction>(&what);
  CADENZA_ASSERT(list != nullptr, "only requests that can share a commit come into a group");
  return judge(*list, result);
}

group::verdict group::judge_current(const shard_transaction& tx, commit_result& result) {
  const auto unclear = [&](const workflow_key& key) {
    const auto* slot = find_in(currents_, of_shard<workflow_key>{tx.shard, key});
    return slot != nullptr && !slot->known && slot->remove_if;
  };
  if ((tx.current && unclear(tx.current->key)) || (tx.set_current && unclear(tx.set_current->key)) ||
      (tx.delete_current && unclear(tx.delete_current->key)))
    return verdict::next_group;
  if (!tx.current)
    return verdict::taken;
  const auto* slot = find_in(currents_, of_shard<workflow_key>{tx.shard, tx.current->key});
  if (slot == nullptr || !slot->known || holds(*tx.current, slot->row))
    return verdict::taken;
  result = refuse_current(*tx.current, slot->row);
  return verdict::refused;
}

group::verdict group::judge_runs(const shard_transaction& tx, commit_result& result) {
  for (const auto& run : tx.runs) {
    CADENZA_ASSERT(run.new_version > run.expected_version.value_or(0), "the version of a run grows with each write");
    const auto* slot = find_in(runs_, of_shard<run_key>{tx.shard, run.key});
    if (slot == nullptr || !slot->known)
      continue;
    if (slot->version != run.expected_version) {
      result = refuse_run(run, slot->version.value_or(0));
      return verdict::refused;
    }
  }
  // What is written and removed in one group would need more than one order of statements.
  const auto busy = [&](const run_key& key, bool by_removal) {
    const auto* slot = find_in(runs_, of_shard<run_key>{tx.shard, key});
    return slot != nullptr && (slot->removed || (by_removal && slot->written));
  };
  if (std::any_of(tx.runs.begin(), tx.runs.end(), [&](const auto& run) { return busy(run.key, false); }) ||
      std::any_of(tx.delete_runs.begin(), tx.delete_runs.end(), [&](const auto& run) { return busy(run, true); }))
    return verdict::next_group;
  return verdict::taken;
}

group::verdict group::judge_trees(const shard_transaction& tx, commit_result& result) {
  for (const auto& tree : tx.trees) {
    const auto* slot = find_in(trees_, of_shard<uuid>{tx.shard, tree.tree_id});
    if (slot != nullptr && slot->known && slot->version != tree.expected_version.value_or(0)) {
      result = refuse_tree(tree, slot->version);
      return verdict::refused;
    }
    if (slot != nullptr && (slot->ended || (tree.ends && slot->written)))
      return verdict::next_group;
  }
  return verdict::taken;
}

group::verdict group::judge_requests(const shard_transaction& tx, commit_result& result) {
  for (const auto& mark : tx.requests) {
    const auto* slot = find_in(requests_, of_shard<request_id>{tx.shard, id_of(mark)});
    if (slot != nullptr && slot->known && slot->expires_ns > mark.now_ns) {
      result = refuse_request(mark, slot->run_id);
      return verdict::refused;
    }
  }
  return verdict::taken;
}

group::verdict group::judge(const shard_transaction& tx, commit_result& result) {
  const auto* shard = find_in(shards_, tx.shard);
  if (shard != nullptr && shard->known && (shard->range_id == 0 || shard->range_id != tx.range_id)) {
    result = refuse_shard(tx.shard, tx.range_id, shard->range_id);
    return verdict::refused;
  }
  for (const auto judgement : {&group::judge_current, &group::judge_runs, &group::judge_trees, &group::judge_requests})
    if (const auto said = (this->*judgement)(tx, result); said != verdict::taken)
      return said;

  // Nothing of it has been taken before all of it can be.
  auto& slot = shards_[tx.shard];
  if (!slot.known) {
    slot.known = true;
    slot.range_id = slot.stored = tx.range_id;
  }
  CADENZA_ASSERT(slot.range_id == tx.range_id, "what is committed together rests on one range id of its shard");
  slot.used = true;
  writes_ = true;
  take_current(tx);
  take_runs(tx);
  take_trees(tx);
  take_tasks(tx);
  return verdict::taken;
}

void group::take_current(const shard_transaction& tx) {
  std::optional<uuid> names;
  if (tx.current) {
    auto& slot = currents_[{tx.shard, tx.current->key}];
    if (!slot.known) {
      using kind = current_condition::kind;
      slot.conditions.push_back(&*tx.current);
      if (tx.current->expect == kind::absent)
        slot.known = true;
      else if (tx.current->expect != kind::is_not_run)
        names = tx.current->run_id;
    }
  }
  if (tx.delete_current) {
    auto& slot = currents_[{tx.shard, tx.delete_current->key}];
    const bool named = names && tx.current->key == tx.delete_current->key;
    if (slot.known ? slot.row != nullptr && slot.row->run_id == tx.delete_current->run_id
                   : named && *names == tx.delete_current->run_id) {
      slot.change = current_slot::write::remove;
      slot.known = true;
      slot.row = nullptr;
    } else if (!slot.known && !named) {
      slot.remove_if = tx.delete_current->run_id;
    }
  }
  if (tx.set_current) {
    auto& slot = currents_[{tx.shard, tx.set_current->key}];
    CADENZA_ASSERT(tx.set_current->row.run_id != uuid{}, "a current-run row names a run");
    slot.change = current_slot::write::put;
    slot.remove_if.reset();
    slot.known = true;
    slot.row = &tx.set_current->row;
  }
}

void group::take_runs(const shard_transaction& tx) {
  for (const auto& key : tx.delete_runs) {
    auto& slot = runs_[{tx.shard, key}];
    slot.removed = true;
    slot.known = true;
    slot.version.reset();
  }
  for (const auto& run : tx.runs) {
    auto& slot = runs_[{tx.shard, run.key}];
    if (!slot.known) {
      slot.known = true;
      slot.stored = run.expected_version;
    }
    slot.written = true;
    slot.version = run.new_version;
    slot.header = run.header;
    if (run.fixed)
      slot.fixed = *run.fixed;
    if (run.clear_pending) {
      slot.cleared = true;
      slot.pending.clear();
    }
    for (const auto& row : run.pending)
      slot.pending[id_of(row)] = row.value ? std::optional<std::string_view>(*row.value) : std::nullopt;
  }
}

void group::take_trees(const shard_transaction& tx) {
  for (const auto& tree : tx.trees) {
    auto& slot = trees_[{tx.shard, tree.tree_id}];
    if (!slot.known) {
      slot.known = true;
      slot.stored = slot.version = tree.expected_version.value_or(0);
    }
    slot.written = true;
    if (tree.ends) {
      slot.ended = true;
      slot.version = 0;
      slot.branches.clear();
      continue;
    }
    ++slot.version;
    for (const auto& branch : tree.drop)
      slot.branches[branch] = std::nullopt;
    for (const auto& row : tree.put) {
      CADENZA_ASSERT(row.tree_id == tree.tree_id, "a change of a history tree writes branches of that tree");
      slot.branches[row.branch_id] = row.value;
    }
  }
}

void group::take_tasks(const shard_transaction& tx) {
  for (const auto& node : tx.history) {
    CADENZA_ASSERT(!node.batch.empty(), "a node of history has events");
    nodes_[{tx.shard, node.tree_id, node.branch_id, node.first_event_id, ~node.txn_id}] = node.batch;
  }
  for (const auto& mark : tx.requests) {
    auto& slot = requests_[{tx.shard, id_of(mark)}];
    slot.known = true;
    slot.run_id = mark.run_id;
    slot.expires_ns = mark.expires_ns;
    slot.write = &mark;
  }
  for (const auto id : tx.delete_transfer)
    transfer_[{tx.shard, id}] = std::nullopt;
  for (const auto& timer : tx.delete_timers)
    timers_[{tx.shard, timer.fire_ns, timer.task_id}] = std::nullopt;
  for (const auto id : tx.delete_replication)
    replication_[{tx.shard, id}] = std::nullopt;
  for (const auto& row : tx.transfer)
    transfer_[{tx.shard, row.task_id}] = row.value;
  for (const auto& row : tx.timers)
    timers_[{tx.shard, row.fire_ns, row.task_id}] = row.value;
  for (const auto& row : tx.replication)
    replication_[{tx.shard, row.task_id}] = row.value;
  for (const auto& row : tx.listed) {
    CADENZA_ASSERT(row.shard == tx.shard, "a run is listed where it is kept; run " + row.run_id.str());
    auto& newest = listed_[{row.domain_id, row.run_id}];
    if (newest == nullptr || newest->task_id < row.task_id)
      newest = &row;
  }
}

group::verdict group::judge(const shard_update& update, commit_result& result) {
  CADENZA_ASSERT(update.new_range_id >= update.expected_range_id, "the range id of a shard never falls");
  auto& slot = shards_[update.shard];
  if (slot.known && slot.range_id != update.expected_range_id) {
    result = refuse_shard(update.shard, update.expected_range_id, slot.range_id);
    return verdict::refused;
  }
  if (!slot.known) {
    slot.known = true;
    slot.stored = update.expected_range_id;
  }
  slot.used = slot.moved = true;
  slot.range_id = update.new_range_id;
  slot.value = &update.value;
  writes_ = true;
  return verdict::taken;
}

group::verdict group::judge(const task_list_transaction& tx, commit_result& result) {
  auto& list = lists_[tx.key];
  if (list.known && list.range_id != tx.expected_range_id) {
    result = refuse_task_list(tx.key, tx.expected_range_id, list.range_id);
    return verdict::refused;
  }
  if (list.removed || (tx.delete_list && list.used))
    return verdict::next_group;
  if (!list.known) {
    list.known = true;
    list.range_id = list.stored = tx.expected_range_id;
  }
  list.used = true;
  writes_ = true;
  if (tx.delete_list) {
    list.removed = true;
    list.range_id = 0;
    return verdict::taken;
  }
  list.moved = list.moved || tx.row.has_value() || tx.new_range_id != tx.expected_range_id;
  list.range_id = tx.new_range_id;
  if (tx.row)
    list.value = &*tx.row;
  take_drops(list, tx);
  for (const auto& task : tx.append)
    list.tasks[task.task_id] = task.value;
  return verdict::taken;
}

void group::take_drops(list_slot& list, const task_list_transaction& tx) {
  if (tx.delete_up_to <= 0)
    return;
  const auto drop = [&list](std::int64_t from, std::int64_t to) {
    if (from > to)
      return;
    list.drops.push_back({from, to});
    list.tasks.erase(list.tasks.lower_bound(from), list.tasks.upper_bound(to));
  };
  auto from = INT64_MIN;
  for (const auto& kept : tx.keep) {
    if (kept.first > tx.delete_up_to)
      break;
    if (kept.first > from)
      drop(from, kept.first - 1);
    if (kept.last >= tx.delete_up_to)
      return;
    from = std::max(from, kept.last + 1);
  }
  drop(from, tx.delete_up_to);
}

} // namespace cadenza::storage::sql
