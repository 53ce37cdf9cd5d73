#include "storage/memory/tables.hpp"

#include "messages/invariant.hpp"
#include "storage/refusals.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace cadenza::storage::memory {

namespace {

/// Erases the rows before `end`, but for those whose number lies in one of `keep`.
template <class Map, class Number>
void erase_but(Map& rows, typename Map::iterator end, const std::vector<unreadable_range>& keep, Number&& number) {
  for (auto i = rows.begin(); i != end;) {
    const auto at = number(*i);
    const bool kept =
        std::any_of(keep.begin(), keep.end(), [&](const auto& r) { return r.first <= at && at <= r.last; });
    i = kept ? std::next(i) : rows.erase(i);
  }
}

void write_run(shard_tables& shard, run_mutation& run) {
  auto& entry = shard.runs[run.key];
  entry.version = run.new_version;
  entry.header = std::move(run.header);
  if (run.fixed)
    entry.fixed = std::move(*run.fixed);
  if (run.clear_pending)
    entry.pending.clear();
  for (auto& row : run.pending) {
    auto key = pending_key::of(row);
    if (row.value)
      entry.pending.insert_or_assign(std::move(key), std::move(*row.value));
    else
      entry.pending.erase(key);
  }
}

void write_tree(shard_tables& shard, tree_write& tree) {
  if (tree.ends) {
    const auto stored = shard.trees.find(tree.tree_id);
    CADENZA_ASSERT(tree.put.empty() &&
                       (stored == shard.trees.end() || stored->second.branches.size() <= tree.drop.size()),
                   "a history tree that ends has no branch left");
    shard.trees.erase(tree.tree_id);
    return;
  }
  auto& entry = shard.trees[tree.tree_id];
  ++entry.version;
  for (const auto& branch : tree.drop)
    entry.branches.erase(branch);
  for (auto& row : tree.put) {
    CADENZA_ASSERT(row.tree_id == tree.tree_id, "a change of a history tree writes branches of that tree");
    entry.branches.insert_or_assign(row.branch_id, std::move(row.value));
  }
}

void delete_nodes(shard_tables& shard, const history_removal::range& range) {
  const auto found = shard.nodes.find({range.tree_id, range.branch_id});
  if (found == shard.nodes.end() || range.from >= range.to)
    return;
  auto& nodes = found->second;
  // The highest transaction id sorts first among the nodes of an event id.
  nodes.erase(nodes.lower_bound({range.from, INT64_MAX}), nodes.lower_bound({range.to, INT64_MAX}));
  if (nodes.empty())
    shard.nodes.erase(found);
}

/// The answer when a condition does not hold.
std::optional<commit_result> refusal(const shard_tables& shard, const shard_transaction& tx) {
  if (shard.range_id == 0 || shard.range_id != tx.range_id)
    return refuse_shard(tx.shard, tx.range_id, shard.range_id);
  if (tx.current) {
    const auto found = shard.current.find(tx.current->key);
    const auto* row = found == shard.current.end() ? nullptr : &found->second;
    if (!holds(*tx.current, row))
      return refuse_current(*tx.current, row);
  }
  for (const auto& run : tx.runs) {
    CADENZA_ASSERT(run.new_version > run.expected_version.value_or(0), "the version of a run grows with each write");
    CADENZA_ASSERT(run.key.run_id != uuid{}, "a run is stored under its id");
    const auto found = shard.runs.find(run.key);
    const bool exists = found != shard.runs.end();
    if (exists != run.expected_version.has_value() || (exists && found->second.version != *run.expected_version))
      return refuse_run(run, exists ? found->second.version : 0);
  }
  for (const auto& tree : tx.trees) {
    const auto found = shard.trees.find(tree.tree_id);
    const auto version = found == shard.trees.end() ? 0 : found->second.version;
    CADENZA_ASSERT(tree.expected_version || version == 0, "a tree that is written as a new one is new");
    if (tree.expected_version && *tree.expected_version != version)
      return refuse_tree(tree, version);
  }
  for (const auto& request : tx.requests) {
    CADENZA_ASSERT(request.run_id != uuid{}, "a request is remembered with the run that answers it");
    const auto found = shard.requests.find(request_key::of(request));
    if (found != shard.requests.end() && found->second.expires_ns > request.now_ns)
      return refuse_request(request, found->second.run_id);
  }
  return std::nullopt;
}

void write_tasks(shard_tables& shard, shard_transaction& tx) {
  for (const auto id : tx.delete_transfer)
    shard.transfer.erase(id);
  for (const auto& timer : tx.delete_timers)
    shard.timers.erase({timer.fire_ns, timer.task_id});
  for (const auto id : tx.delete_replication)
    shard.replication.erase(id);
  for (auto& row : tx.transfer)
    shard.transfer.insert_or_assign(row.task_id, std::move(row.value));
  for (auto& row : tx.timers)
    shard.timers.insert_or_assign({row.fire_ns, row.task_id}, std::move(row.value));
  for (auto& row : tx.replication)
    shard.replication.insert_or_assign(row.task_id, std::move(row.value));
}

} // namespace

commit_result tables::apply(shard_transaction& tx) {
  auto& shard = shards[tx.shard];
  if (auto refused = refusal(shard, tx))
    return *std::move(refused);
  if (tx.delete_current) {
    const auto found = shard.current.find(tx.delete_current->key);
    if (found != shard.current.end() && found->second.run_id == tx.delete_current->run_id)
      shard.current.erase(found);
  }
  if (tx.set_current) {
    CADENZA_ASSERT(tx.set_current->row.run_id != uuid{}, "a current-run row names a run");
    shard.current.insert_or_assign(std::move(tx.set_current->key), std::move(tx.set_current->row));
  }
  for (const auto& key : tx.delete_runs)
    shard.runs.erase(key);
  for (auto& run : tx.runs)
    write_run(shard, run);
  for (auto& tree : tx.trees)
    write_tree(shard, tree);
  leave_history(tx);
  for (const auto& request : tx.requests)
    shard.requests.insert_or_assign(request_key::of(request), request_entry{request.run_id, request.expires_ns});
  write_tasks(shard, tx);
  return {};
}

void tables::leave_history(const shard_transaction& tx) {
  auto& shard = shards[tx.shard];
  for (const auto& node : tx.history) {
    CADENZA_ASSERT(!node.batch.empty(), "a node of history has events");
    CADENZA_ASSERT(node.tree_id != uuid{} && node.branch_id != uuid{}, "a node of history belongs to a branch");
    shard.nodes[{node.tree_id, node.branch_id}].insert_or_assign(node_key{node.first_event_id, node.txn_id},
                                                                 node.batch);
  }
}

commit_result tables::apply(const history_removal& what) {
  auto& shard = shards[what.shard];
  if (shard.range_id == 0 || shard.range_id != what.range_id)
    return refuse_shard(what.shard, what.range_id, shard.range_id);
  for (const auto& range : what.ranges)
    delete_nodes(shard, range);
  return {};
}

commit_result tables::apply(shard_update& update) {
  auto& shard = shards[update.shard];
  if (shard.range_id != update.expected_range_id)
    return refuse_shard(update.shard, update.expected_range_id, shard.range_id);
  CADENZA_ASSERT(update.new_range_id > 0 && update.new_range_id >= update.expected_range_id,
                 "the range id of a shard never falls");
  shard.range_id = update.new_range_id;
  shard.value = std::move(update.value);
  return {};
}

commit_result tables::apply(const shard_cleanup& what) {
  const auto found = shards.find(what.shard);
  if (found == shards.end())
    return {};
  auto& shard = found->second;
  erase_but(shard.transfer, shard.transfer.upper_bound(what.transfer_up_to), what.keep_transfer,
            [](const auto& row) { return row.first; });
  erase_but(shard.timers, shard.timers.lower_bound({what.timers_before_ns, INT64_MIN}), what.keep_timers,
            [](const auto& row) { return row.first.first; });
  shard.replication.erase(shard.replication.begin(), shard.replication.upper_bound(what.replication_up_to));
  std::erase_if(shard.requests, [&](const auto& one) { return one.second.expires_ns < what.timers_before_ns; });
  return {};
}

commit_result tables::apply(task_list_transaction& tx) {
  const auto found = task_lists.find(tx.key);
  const auto range_id = found == task_lists.end() ? 0 : found->second.range_id;
  if (range_id != tx.expected_range_id)
    return refuse_task_list(tx.key, tx.expected_range_id, range_id);
  if (tx.delete_list) {
    task_lists.erase(tx.key);
    return {};
  }
  CADENZA_ASSERT(tx.new_range_id >= tx.expected_range_id, "the range id of a task list never falls");
  auto& list = task_lists[tx.key];
  list.range_id = tx.new_range_id;
  if (tx.row)
    list.row = std::move(*tx.row);
  if (tx.delete_up_to > 0)
    erase_but(list.tasks, list.tasks.upper_bound(tx.delete_up_to), tx.keep, [](const auto& row) { return row.first; });
  for (auto& task : tx.append)
    list.tasks.insert_or_assign(task.task_id, std::move(task.value));
  return {};
}

commit_result tables::apply(domain_transaction& tx) {
  using kind = decltype(tx.operation);
  if (tx.expected_notification_version != domain_version)
    return refuse_domain_version(tx.expected_notification_version, domain_version);
  const auto by_id = domains.find(tx.id);
  const auto by_name = domain_names.find(tx.name);
  if (tx.operation == kind::create) {
    if (by_id != domains.end() || by_name != domain_names.end())
      return refuse_domain("a domain with the id " + tx.id.str() + " or the name '" + tx.name + "' exists");
  } else {
    if (by_id == domains.end())
      return refuse_domain("there is no domain with the id " + tx.id.str());
    if (tx.operation == kind::update && by_name != domain_names.end() && by_name->second != tx.id)
      return refuse_domain("another domain has the name '" + tx.name + "'");
    domain_names.erase(by_id->second.name);
  }
  if (tx.operation == kind::remove) {
    domains.erase(tx.id);
  } else {
    domain_names[tx.name] = tx.id;
    auto& row = domains[tx.id];
    row.id = tx.id;
    row.name = std::move(tx.name);
    row.value = std::move(tx.value);
  }
  CADENZA_ASSERT(domain_names.size() == domains.size(), "every domain has one name, and every name is one domain's");
  ++domain_version;
  return {};
}

commit_result tables::apply(queue_append& message) {
  auto& queue = queues[message.queue];
  const bool fresh = queue.messages.emplace(++queue.last_id, std::move(message.payload)).second;
  CADENZA_ASSERT(fresh, "messages of a queue are numbered once");
  commit_result result;
  result.current_value = queue.last_id;
  return result;
}

commit_result tables::trim(int queue, std::int64_t up_to) {
  const auto found = queues.find(queue);
  if (found != queues.end())
    found->second.messages.erase(found->second.messages.begin(), found->second.messages.upper_bound(up_to));
  return {};
}

commit_result tables::apply(document_write& write) {
  auto& document = documents[write.document];
  if (document.version != write.expected_version)
    return refuse_document(write, document.version);
  ++document.version;
  document.value = std::move(write.value);
  return {};
}

commit_result tables::apply(lease_write& write) {
  const auto found = leases.find(write.node);
  const auto version = found == leases.end() ? 0 : found->second.version;
  if (version != write.expected_version)
    return refuse_lease(write, version);
  if (write.drop) {
    leases.erase(write.node);
    return {};
  }
  leases[write.node] = {write.node, version + 1, write.expires_ns, std::move(write.value)};
  return {};
}

} // namespace cadenza::storage::memory
