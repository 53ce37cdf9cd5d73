#include "actors/shards/run_removal.hpp"
#include "actors/visibility/visibility_mail.hpp"

#include "actors/runs/workflow_run.hpp"

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

/// The transaction that removes the run, with what no other branch of the tree reads of its history. `rows`: all
/// branches of the tree.
storage::shard_transaction plan(const shard_place& at, const stored_run& run,
                                const std::vector<record::v1::HistoryBranch>& others, const std::vector<uuid>& rows) {
  storage::shard_transaction tx;
  tx.shard = at.index;
  tx.range_id = at.range_id;
  for (const auto& branch : run.branches)
    plan_history_removal(tx, branch, others);
  if (!run.branches.empty()) {
    // A reset may add a branch meanwhile, which reads what would be deleted here.
    auto& expected = tx.tree.emplace();
    expected.tree_id = uuid::from_raw(run.branches.front().tree_id());
    expected.branches = rows;
    expected.no_others = true;
  }
  tx.delete_runs.push_back(run.key);
  tx.delete_current = storage::current_condition{
      {run.key.domain_id, run.key.workflow_id}, storage::current_condition::kind::is_run, run.key.run_id, 0};
  return tx;
}

record::v1::TransferTask delete_visibility_of(const stored_run& run, std::int64_t task_id, std::int64_t now_ns) {
  record::v1::TransferTask task;
  task.set_format(1);
  task.set_type(record::v1::TRANSFER_DELETE_VISIBILITY);
  task.set_domain_id(run.key.domain_id.raw());
  task.set_workflow_id(run.key.workflow_id);
  task.set_run_id(run.key.run_id.raw());
  task.set_version(run.version);
  task.set_task_id(task_id);
  task.set_created_ns(now_ns);
  return task;
}

void commit_removal(const shard_place& at, const stored_run& run, const std::vector<record::v1::HistoryBranch>& others,
                    const std::vector<uuid>& rows, std::shared_ptr<sequence_lease> lease, receipt_ptr receipt,
                    std::function<void(outcome<void>)> hand_over) {
  auto tx = plan(at, run, others, rows);
  auto note = std::make_shared<commit_note>();
  note->run = run.key;
  note->removed = true;
  auto task = delete_visibility_of(run, lease->reserve(1), at.env.time->now_ns());
  note->lease = std::move(lease);
  tx.transfer.push_back({task.task_id(), task.SerializeAsString()});
  note->transfer.push_back(std::move(task));
  at.env.store->commit(std::move(tx), [at, note, receipt, hand_over](storage::commit_result result) {
    note->result = result;
    if (result.outcome == storage::status::committed) {
      note->receipts.push_back(std::make_shared<task_receipt>(at.shard, false, 0, note->transfer[0].task_id()));
      std::vector<visibility_task> changes{{note->transfer[0], note->receipts[0]}};
      caf::anon_send(at.shard, make_shard_mail(note));
      caf::anon_send(at.env.routes->visibility(), std::make_shared<visibility_mail>(std::move(changes)));
      if (receipt)
        receipt->done();
      return hand_over({});
    }
    caf::anon_send(at.shard, make_shard_mail(note));
    hand_over(unavailable("the run was not deleted: " + result.message));
  });
}

} // namespace

void remove_stored_run(const shard_place& at, stored_run run, receipt_ptr receipt,
                       std::function<void(outcome<void>)> hand_over) {
  auto lease = std::make_shared<sequence_lease>(at.sequence);
  if (run.branches.empty())
    return commit_removal(at, run, {}, {}, std::move(lease), std::move(receipt), std::move(hand_over));
  // All branches of a run are in one tree.
  const auto tree = uuid::from_raw(run.branches.front().tree_id());
  at.env.store->read_tree(
      at.index, tree, [at, run = std::move(run), lease, receipt, hand_over](storage::page<std::string> rows) {
        if (rows.outcome != storage::status::committed)
          return hand_over(unavailable("history tree cannot be read now: " + rows.message));
        std::vector<record::v1::HistoryBranch> others;
        std::vector<uuid> all;
        for (const auto& row : rows.rows) {
          record::v1::HistoryTree entry;
          if (!entry.ParseFromString(row)) {
            at.env.log(2, "a branch of the history tree of run " + run.key.run_id.str() +
                              " is damaged: nobody knows what of its history is shared, so it stays when the run goes");
            return commit_removal(at, {run.key, {}, run.version}, {}, {}, lease, receipt, hand_over);
          }
          all.push_back(uuid::from_raw(entry.branch().branch_id()));
          const bool own = std::any_of(run.branches.begin(), run.branches.end(),
                                       [&](const auto& b) { return b.branch_id() == entry.branch().branch_id(); });
          if (!own)
            others.push_back(entry.branch());
        }
        commit_removal(at, run, others, all, lease, receipt, hand_over);
      });
}

void workflow_run::remove(receipt_ptr receipt, std::function<void(outcome<void>)> hand_over) {
  stored_run run{key_, {}, state_->last_write_version()};
  for (const auto& b : state_->head().version_histories().branches())
    run.branches.push_back(b.branch());
  remove_stored_run({env_, shard_index_, range_id_, sequence_, shard_}, std::move(run), std::move(receipt),
                    std::move(hand_over));
}

} // namespace cadenza::actors
