#include "verify/verify_shard.hpp"

#include <algorithm>

/// History branches of one shard: each has a row, and a run that reads it.
namespace cadenza::actors::verifying {

// ---------------------------------------------------------------- branches

void shard_check::read_branches() {
  const auto problem = for_each<branch_row>(
      [&](const std::string& token, auto done) {
        scan_.store().shards().scan_trees(shard_, token, page_rows, std::move(done));
      },
      [&](const branch_row& stored) {
        known_branch branch;
        if (!branch.row.ParseFromString(stored.value) || branch.row.branch().tree_id() != stored.tree_id.raw() ||
            branch.row.branch().branch_id() != stored.branch_id.raw()) {
          scan_.found(finding::kind::branch, shard_, {},
                      "the row of branch " + stored.branch_id.str() + " of tree " + stored.tree_id.str() +
                          " cannot be read");
          return;
        }
        for (const auto& a : branch.row.branch().ancestors())
          shared_.emplace(stored.tree_id, uuid::from_raw(a.branch_id()));
        by_owner_[uuid::from_raw(branch.row.run_id())].emplace_back(stored.tree_id, stored.branch_id);
        branches_.emplace(branch_key{stored.tree_id, stored.branch_id}, std::move(branch));
      });
  if (problem)
    scan_.unreadable(shard_, {}, "the branches", *problem);
}

bool shard_check::has_row(const branch_key& key) {
  if (branches_.contains(key))
    return true;
  const auto tree = wait_for<storage::read_result<storage::history_tree>>(
      [&](auto done) { scan_.store().shards().read_tree(shard_, key.first, std::move(done)); });
  if (const auto why = unread(tree); !why.empty()) {
    scan_.unreadable(shard_, {}, "the rows of tree " + key.first.str(), why);
    return true; // nobody knows
  }
  return tree.value && std::any_of(tree.value->branches.begin(), tree.value->branches.end(),
                                   [&](const branch_row& row) { return row.branch_id == key.second; });
}

void shard_check::note_branches(const run_key& key, const rec::Run& head) {
  for (const auto& b : head.version_histories().branches()) {
    const branch_key id{uuid::from_raw(b.branch().tree_id()), uuid::from_raw(b.branch().branch_id())};
    if (!has_row(id))
      tell(finding::kind::branch, key, "branch " + id.second.str() + " of its history has no row",
           [&] { return mend_.write_branch(key, b.branch()); });
    for (const auto& a : b.branch().ancestors())
      shared_.emplace(id.first, uuid::from_raw(a.branch_id()));
    branches_[id].used = true;
  }
}

void shard_check::check_branches() {
  for (auto& [id, branch] : branches_) {
    if (branch.used)
      continue;
    const run_key owner{uuid::from_raw(branch.row.domain_id()), branch.row.workflow_id(),
                        uuid::from_raw(branch.row.run_id())};
    if (runs_.contains(owner.run_id)) {
      scan_.found(finding::kind::branch, shard_, owner, "branch " + id.second.str() + " is not among those of its run");
      continue;
    }
    branch.used = true;
    const bool empty = end_is_first(branch.row.branch());
    tell(finding::kind::state, owner, "its rows are lost, its history is there", [&]() -> outcome<void> {
      if (empty)
        return mend_.drop_branch_row(id.first, id.second);
      return mend_.rebuild(owner, branch.row.branch(), 0, 0);
    });
  }
  const auto problem = for_each<branch_key>(
      [&](const std::string& token, auto done) {
        scan_.store().shards().scan_branches(shard_, token, page_rows, std::move(done));
      },
      [&](const branch_key& id) {
        if (branches_.contains(id) || shared_.contains(id) || tasks_.leaving.contains(id))
          return;
        tell(finding::kind::branch, {}, "no run reads branch " + id.second.str() + " of tree " + id.first.str(),
             [&] { return mend_.drop_nodes(id.first, id.second); });
      });
  if (problem)
    scan_.unreadable(shard_, {}, "the histories", *problem);
}

bool shard_check::end_is_first(const rec::HistoryBranch& branch) {
  storage::history_query query;
  query.tree_id = uuid::from_raw(branch.tree_id());
  query.branch_id = uuid::from_raw(branch.branch_id());
  query.to = INT64_MAX;
  query.max_nodes = 1;
  if (!branch.ancestors().empty())
    return false;
  const auto first = wait_for<storage::page<storage::history_node>>(
      [&](auto done) { scan_.store().shards().read_history(shard_, query, std::move(done)); });
  return unread(first).empty() && first.rows.empty();
}

} // namespace cadenza::actors::verifying
