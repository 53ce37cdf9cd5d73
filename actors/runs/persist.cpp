#include "actors/runs/persist.hpp"

#include "messages/invariant.hpp"

namespace cadenza::actors {
namespace {

void add_rows(storage::shard_transaction& tx, workflow::changes& made) {
  tx.runs.push_back(std::move(made.mutation));
  if (made.new_branch) {
    CADENZA_ASSERT(made.history.empty() || made.history.front().branch_id == made.new_branch->branch_id,
                   "the first events of a branch are written with its row");
    auto& tree = tx.trees.emplace_back();
    tree.tree_id = made.new_branch->tree_id;
    tree.expected_version = made.tree_version;
    tree.put.push_back(*std::move(made.new_branch));
  }
  for (auto& node : made.history)
    tx.history.push_back(std::move(node));
  for (const auto& task : made.transfer)
    tx.transfer.push_back({task.task_id(), task.SerializeAsString()});
  for (const auto& task : made.timers)
    tx.timers.push_back({task.fire_ns(), task.task_id(), task.SerializeAsString()});
  for (const auto& task : made.replication)
    tx.replication.push_back({task.task_id(), task.SerializeAsString()});
}

} // namespace

storage::current_row to_row(const record::v1::CurrentRun& current) {
  return {uuid::from_raw(current.run_id()), current.state(), current.last_write_version(), current.SerializeAsString()};
}

storage::shard_transaction to_store(int shard, std::int64_t range_id, const run_key& key, workflow::changes& made,
                                    std::optional<storage::current_condition> creates) {
  CADENZA_ASSERT(!creates || made.current, "a run that is made becomes the current one; run " + key.run_id.str());
  CADENZA_ASSERT(!creates || creates->key.workflow_id == key.workflow_id,
                 "a run that is made is looked for under its own workflow id");
  CADENZA_ASSERT(!made.next || (made.current && made.current->run_id() == made.next->made.mutation.key.run_id.raw()),
                 "a run that follows another one becomes the current one; run " + key.run_id.str());
  storage::shard_transaction tx;
  tx.shard = shard;
  tx.range_id = range_id;
  const workflow_key workflow{key.domain_id, key.workflow_id};
  if (made.current) {
    tx.set_current = storage::current_write{workflow, to_row(*made.current)};
    if (creates)
      tx.current = std::move(creates);
    else
      tx.current = storage::current_condition{workflow, storage::current_condition::kind::is_run, key.run_id, 0};
  }
  add_rows(tx, made);
  if (made.next)
    add_rows(tx, made.next->made);
  return tx;
}

storage::shard_transaction to_store(int shard, std::int64_t range_id, const std::vector<workflow::changes*>& runs,
                                    const std::optional<record::v1::CurrentRun>& current,
                                    std::optional<storage::current_condition> condition) {
  CADENZA_ASSERT(!runs.empty(), "what another cluster has told is written for a run");
  CADENZA_ASSERT(!current || condition, "the current-run row changes under a condition");
  storage::shard_transaction tx;
  tx.shard = shard;
  tx.range_id = range_id;
  if (current)
    tx.set_current = storage::current_write{condition->key, to_row(*current)};
  tx.current = std::move(condition);
  for (auto* made : runs) {
    CADENZA_ASSERT(!made->next && !made->current,
                   "runs that another cluster has written are written one beside another");
    add_rows(tx, *made);
  }
  return tx;
}

} // namespace cadenza::actors
