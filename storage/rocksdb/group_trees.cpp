#include "messages/invariant.hpp"
#include "storage/refusals.hpp"
#include "storage/rocksdb/group.hpp"
#include "storage/rocksdb/keys.hpp"

#include <rocksdb/db.h>

#include <algorithm>

/// The part of a group that concerns history trees. One row of a tree has its version and the branch that began it; the
/// other branches have rows of their own.
namespace cadenza::storage::rocks {

bool group_builder::check_trees(const shard_transaction& tx, commit_result& result) {
  trees_.clear();
  for (const auto& tree : tx.trees) {
    auto& stored = trees_.emplace_back();
    if (!tree.expected_version)
      continue; // new, and nobody else has its id
    key_.clear();
    put_tree_key(key_, tx.shard, tree.tree_id);
    rocksdb::PinnableSlice value;
    const auto found = get(table::trees, key_, value);
    if (found.ok()) {
      auto read = read_tree_value(tree.tree_id, value.ToStringView());
      if (!read) {
        result = damaged("history tree");
        return false;
      }
      stored = *std::move(read);
    } else if (!found.IsNotFound()) {
      result = read_failure(found);
      return false;
    }
    if (stored.version != *tree.expected_version) {
      result = refuse_tree(tree, stored.version);
      return false;
    }
  }
  return true;
}

void group_builder::write_trees(shard_transaction& tx) {
  CADENZA_ASSERT(trees_.size() == tx.trees.size(), "each tree of a transaction was looked at before it is written");
  for (std::size_t i = 0; i < tx.trees.size(); ++i) {
    write_tree(tx.shard, tx.trees[i], std::move(trees_[i]));
    written_trees_.push_back(std::hash<uuid>{}(tx.trees[i].tree_id));
  }
}

void group_builder::write_tree(int shard, tree_write& tree, tree_value stored) {
  for (const auto& branch : tree.drop) {
    if (stored.first && stored.first->branch_id == branch) {
      stored.first.reset();
      continue;
    }
    key_.clear();
    put_branch_prefix(key_, shard, tree.tree_id, branch);
    remove(table::trees, {key_});
  }
  for (auto& row : tree.put) {
    CADENZA_ASSERT(row.tree_id == tree.tree_id, "a change of a history tree writes branches of that tree");
    const bool begins = stored.version == 0 && !stored.first;
    if (begins || (stored.first && stored.first->branch_id == row.branch_id)) {
      stored.first = std::move(row);
      continue;
    }
    key_.clear();
    put_branch_prefix(key_, shard, tree.tree_id, row.branch_id);
    put(table::trees, {key_}, {row.value});
  }
  key_.clear();
  put_tree_key(key_, shard, tree.tree_id);
  if (tree.ends) {
    CADENZA_ASSERT(tree.expected_version, "a history tree ends after somebody has looked at it");
    CADENZA_ASSERT(!stored.first && tree.put.empty(), "a history tree that ends has no branch left");
    remove(table::trees, {key_});
    return;
  }
  text_.clear();
  put_tree_head(text_, stored.version + 1, stored.first ? &stored.first->branch_id : nullptr);
  if (stored.first)
    put(table::trees, {key_}, {text_, stored.first->value});
  else
    put(table::trees, {key_}, {text_});
}

} // namespace cadenza::storage::rocks
