#include "actors/shards/run_removal.hpp"
#include "actors/visibility/listed_changes.hpp"
#include "actors/visibility/visibility_mail.hpp"
#include "messages/invariant.hpp"

#include "actors/runs/workflow_run.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace cadenza::actors {
namespace {

using record::v1::HistoryBranch;

/// What of a branch's own nodes and of its ancestors' may go: nothing that another branch of the tree still shares.
void plan_history_removal(storage::history_removal& out, const HistoryBranch& branch,
                          const std::vector<HistoryBranch>& others) {
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
  out.ranges.push_back({tree, uuid::from_raw(branch.branch_id()), std::max(begin, own_shared), INT64_MAX});
  if (own_shared > 0)
    return; // somebody still reads below: the ancestors stay
  for (auto a = branch.ancestors().rbegin(); a != branch.ancestors().rend(); ++a) {
    const auto shared = shared_until(a->branch_id());
    if (shared == INT64_MAX)
      return;
    out.ranges.push_back({tree, uuid::from_raw(a->branch_id()), std::max(a->begin_node(), shared), INT64_MAX});
    if (shared > 0)
      return;
  }
}

bool among(const std::vector<HistoryBranch>& branches, const uuid& id) {
  return std::any_of(branches.begin(), branches.end(), [&](const auto& b) { return b.branch_id() == id.raw(); });
}

/// The branches of a tree but for some; nothing when a row cannot be read, so that nobody knows what is shared.
std::optional<std::vector<HistoryBranch>> others_of(const storage::history_tree& tree,
                                                    const std::vector<HistoryBranch>& but) {
  std::vector<HistoryBranch> out;
  for (const auto& row : tree.branches) {
    if (among(but, row.branch_id))
      continue;
    record::v1::HistoryTree entry;
    if (!entry.ParseFromString(row.value))
      return std::nullopt;
    out.push_back(std::move(*entry.mutable_branch()));
  }
  return out;
}

record::v1::TransferTask task_of(const stored_run& run, record::v1::TransferType type, std::int64_t task_id,
                                 std::int64_t now_ns) {
  record::v1::TransferTask task;
  task.set_format(1);
  task.set_type(type);
  task.set_domain_id(run.key.domain_id.raw());
  task.set_workflow_id(run.key.workflow_id);
  task.set_run_id(run.key.run_id.raw());
  task.set_version(run.version);
  task.set_task_id(task_id);
  task.set_created_ns(now_ns);
  return task;
}

/// One removal on its way.
struct removal : std::enable_shared_from_this<removal> {
  shard_place at;
  stored_run run;
  receipt_ptr receipt;
  std::function<void(outcome<void>)> hand_over;

  removal(const shard_place& place, stored_run what) : at(place), run(std::move(what)) {}

  void begin() {
    if (run.branches.empty())
      return commit({});
    // All branches of a run are in one tree.
    const auto tree = uuid::from_raw(run.branches.front().tree_id());
    at.env.store->shards().read_tree(
        at.index, tree, [self = shared_from_this()](storage::read_result<storage::history_tree> read) {
          if (read.outcome != storage::status::committed)
            return self->hand_over(unavailable("history tree cannot be read now: " + read.message));
          if (!others_of(*read.value, self->run.branches)) {
            self->at.env.log(
                log::level::warn,
                {field::workflow_id(self->run.key.workflow_id), field::run_id(self->run.key.run_id.str()),
                 field::shard(self->at.index)},
                "a branch of the history tree of run {run_id} is damaged: nobody knows what of its history "
                "is shared, so it stays when the run goes");
            self->run.branches.clear();
            return self->commit({});
          }
          self->commit(*read.value);
        });
  }

  /// The first step. A reset that adds a branch meanwhile changes the tree's version; one that comes later finds the
  /// branch without a row.
  void commit(const storage::history_tree& tree) {
    storage::shard_transaction tx;
    tx.shard = at.index;
    tx.range_id = at.range_id;
    tx.delete_runs.push_back(run.key);
    tx.delete_current = storage::current_removal{{run.key.domain_id, run.key.workflow_id}, run.key.run_id};
    if (tree.version != 0) {
      auto& write = tx.trees.emplace_back();
      write.tree_id = uuid::from_raw(run.branches.front().tree_id());
      write.expected_version = tree.version;
      for (const auto& branch : run.branches)
        write.drop.push_back(uuid::from_raw(branch.branch_id()));
      write.ends = std::all_of(tree.branches.begin(), tree.branches.end(),
                               [&](const branch_row& row) { return among(run.branches, row.branch_id); });
    }
    auto note = std::make_shared<commit_note>();
    note->run = run.key;
    note->removed = true;
    note->lease = std::make_shared<sequence_lease>(at.sequence);
    auto id = note->lease->reserve(run.branches.empty() ? 1 : 2);
    const auto now = at.env.time->now_ns();
    note->transfer.push_back(task_of(run, record::v1::TRANSFER_DELETE_VISIBILITY, id++, now));
    if (at.env.store->able_to().keeps_lists)
      take_listed(note->transfer, tx.shard, false, tx.listed);
    if (!run.branches.empty()) {
      auto& task = note->transfer.emplace_back(task_of(run, record::v1::TRANSFER_DELETE_HISTORY, id, now));
      task.mutable_branches()->Assign(run.branches.begin(), run.branches.end());
    }
    for (const auto& task : note->transfer)
      tx.transfer.push_back({task.task_id(), task.SerializeAsString()});
    at.env.store->shards().commit(std::move(tx), [self = shared_from_this(), note](storage::commit_result result) {
      note->result = std::move(result);
      self->committed(note);
    });
  }

  void committed(const std::shared_ptr<commit_note>& note) {
    if (note->result.outcome != storage::status::committed) {
      auto why = unavailable("the run was not deleted: " + note->result.message);
      caf::anon_send(at.shard, make_shard_mail(note));
      return hand_over(std::move(why));
    }
    std::vector<visibility_task> changes;
    receipt_ptr of_history;
    for (const auto& task : note->transfer) {
      note->receipts.push_back(std::make_shared<task_receipt>(at.shard, false, 0, task.task_id()));
      if (task.type() == record::v1::TRANSFER_DELETE_VISIBILITY)
        changes.push_back({task, note->receipts.back()});
      else
        of_history = note->receipts.back();
    }
    caf::anon_send(at.shard, make_shard_mail(note));
    if (!changes.empty())
      caf::anon_send(at.env.routes->visibility(), std::make_shared<visibility_mail>(std::move(changes)));
    if (receipt)
      receipt->done();
    if (of_history == nullptr)
      return hand_over({});
    remove_history(at, run.branches, of_history, [self = shared_from_this()] { self->hand_over({}); });
  }
};

} // namespace

void remove_stored_run(const shard_place& at, stored_run run, receipt_ptr receipt,
                       std::function<void(outcome<void>)> hand_over) {
  auto flow = std::make_shared<removal>(at, std::move(run));
  flow->receipt = std::move(receipt);
  flow->hand_over = std::move(hand_over);
  flow->begin();
}

void remove_history(const shard_place& at, std::vector<HistoryBranch> branches, receipt_ptr receipt,
                    std::function<void()> over) {
  if (branches.empty()) {
    receipt->done();
    return over();
  }
  // Branches with a row that come from here on share nothing that may go: they fork from others that have one.
  const auto tree = uuid::from_raw(branches.front().tree_id());
  at.env.store->shards().read_tree(
      at.index, tree,
      [at, branches = std::move(branches), receipt = std::move(receipt),
       over = std::move(over)](storage::read_result<storage::history_tree> read) {
        if (read.outcome != storage::status::committed)
          return over();
        const auto others = others_of(*read.value, branches);
        if (!others) {
          at.env.log(log::level::warn,
                     {field::history_tree(uuid::from_raw(branches.front().tree_id()).str()), field::shard(at.index)},
                     "a branch of history tree {history_tree} is damaged: nobody knows what is shared, so what a "
                     "removed run has left of it stays");
          receipt->done();
          return over();
        }
        storage::history_removal what;
        what.shard = at.index;
        what.range_id = at.range_id;
        for (const auto& branch : branches)
          plan_history_removal(what, branch, *others);
        at.env.store->shards().drop_history(std::move(what), [receipt, over](const storage::commit_result& result) {
          if (result.outcome == storage::status::committed)
            receipt->done();
          over();
        });
      });
}

void workflow_run::remove(receipt_ptr receipt, std::function<void(outcome<void>)> hand_over) {
  CADENZA_ASSERT(state_, "what is known of a run says what of it is to be removed; run " + key_.run_id.str());
  stored_run run{key_, {}, state_->last_write_version()};
  for (const auto& b : state_->head().version_histories().branches())
    run.branches.push_back(b.branch());
  remove_stored_run({env_, shard_index_, range_id_, sequence_, shard_}, std::move(run), std::move(receipt),
                    std::move(hand_over));
}

} // namespace cadenza::actors
