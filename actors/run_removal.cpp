#include "actors/workflow_run.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace cadenza::actors {
namespace {

/// What of a branch's own nodes and of its ancestors' may go: nothing that another branch of the tree still shares.
void plan_history_removal(storage::shard_transaction& tx, const record::v1::HistoryBranch& branch,
                          const std::vector<record::v1::HistoryBranch>& others) {
  const auto tree = uuid::from_raw(branch.tree_id());
  // Highest node of `id` that another branch reads, exclusive.
  const auto shared_until = [&](const std::string& id) {
    std::int64_t until = 0;
    for (const auto& other : others) {
      if (other.branch_id() == id)
        return INT64_MAX;
      for (const auto& a : other.ancestors()) {
        if (a.branch_id() == id)
          until = std::max(until, a.end_node());
      }
    }
    return until;
  };
  std::int64_t begin = 1;
  for (const auto& a : branch.ancestors())
    begin = a.end_node();
  const auto own_shared = shared_until(branch.branch_id());
  tx.delete_history.push_back({tree, uuid::from_raw(branch.branch_id()), std::max(begin, own_shared), INT64_MAX});
  tx.delete_branches.emplace_back(tree, uuid::from_raw(branch.branch_id()));
  if (own_shared > 0)
    return; // somebody still reads below: the ancestors stay
  for (auto a = branch.ancestors().rbegin(); a != branch.ancestors().rend(); ++a) {
    const auto shared = shared_until(a->branch_id());
    if (shared == INT64_MAX)
      return;
    tx.delete_history.push_back({tree, uuid::from_raw(a->branch_id()), std::max(a->begin_node(), shared), INT64_MAX});
    if (shared > 0)
      return;
  }
}

} // namespace

void workflow_run::remove(receipt_ptr receipt, std::function<void(outcome<void>)> hand_over) {
  auto branches = std::make_shared<std::vector<record::v1::HistoryBranch>>();
  for (const auto& b : state_->head().version_histories().branches())
    branches->push_back(b.branch());
  const auto tree = uuid::from_raw(state_->current_branch().branch().tree_id());
  auto lease = std::make_shared<sequence_lease>(sequence_);
  const auto& env = env_;
  env_.store->read_tree(
    shard_index_, tree,
    [&env, lease, branches, receipt, hand_over, key = key_, shard = shard_, index = shard_index_, range = range_id_,
     version = state_->last_write_version()](storage::page<std::string> rows) {
      if (rows.outcome != storage::status::committed)
        return hand_over(unavailable("history tree cannot be read now: " + rows.message));
      std::vector<record::v1::HistoryBranch> others;
      for (const auto& row : rows.rows) {
        record::v1::HistoryTree entry;
        if (!entry.ParseFromString(row))
          continue;
        const bool own = std::any_of(branches->begin(), branches->end(), [&](const auto& b) {
          return b.branch_id() == entry.branch().branch_id();
        });
        if (!own)
          others.push_back(entry.branch());
      }
      storage::shard_transaction tx;
      tx.shard = index;
      tx.range_id = range;
      for (const auto& branch : *branches)
        plan_history_removal(tx, branch, others);
      tx.delete_runs.push_back(key);
      tx.delete_current = storage::current_condition{
        {key.domain_id, key.workflow_id}, storage::current_condition::kind::is_run, key.run_id, 0};
      auto note = std::make_shared<commit_note>();
      note->run = key;
      note->removed = true;
      note->lease = lease;
      record::v1::TransferTask task;
      task.set_format(1);
      task.set_type(record::v1::TRANSFER_DELETE_VISIBILITY);
      task.set_domain_id(key.domain_id.raw());
      task.set_workflow_id(key.workflow_id);
      task.set_run_id(key.run_id.raw());
      task.set_version(version);
      task.set_task_id(lease->reserve(1));
      task.set_created_ns(env.time->now_ns());
      tx.transfer.push_back({task.task_id(), task.SerializeAsString()});
      note->transfer.push_back(task);
      env.store->commit(std::move(tx), [&env, note, receipt, hand_over, shard](storage::commit_result result) {
        note->result = result;
        if (result.outcome == storage::status::committed) {
          note->receipts.push_back(std::make_shared<task_receipt>(shard, false, 0, note->transfer[0].task_id()));
          std::vector<visibility_task> changes{{note->transfer[0], note->receipts[0]}};
          caf::anon_send(shard, make_shard_mail(note));
          caf::anon_send(env.routes->visibility(), std::make_shared<visibility_mail>(std::move(changes)));
          if (receipt)
            receipt->done();
          return hand_over({});
        }
        caf::anon_send(shard, make_shard_mail(note));
        hand_over(unavailable("the run was not deleted: " + result.message));
      });
    });
}

} // namespace cadenza::actors
