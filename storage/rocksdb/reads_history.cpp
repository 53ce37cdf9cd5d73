#include "storage/rocksdb/keys.hpp"
#include "storage/rocksdb/range_scan.hpp"
#include "storage/rocksdb/reads.hpp"
#include "storage/rocksdb/values.hpp"
#include "storage/scan_tokens.hpp"

#include <algorithm>

/// Nodes of history and the trees they belong to.
namespace cadenza::storage::rocks {

namespace {

constexpr std::size_t shard_bytes = 4;
constexpr std::size_t id_bytes = 16;

/// The branch that a row of the table of trees is about; nothing for a tree whose first branch is gone. False for a row
/// that makes no sense. A tree's own row is shorter than those of its other branches, so it sorts before them.
bool read_tree_row(std::string_view stored_key, std::string_view value, std::optional<branch_row>& out,
                   std::int64_t* version = nullptr) {
  key_reader key(stored_key.substr(std::min(shard_bytes, stored_key.size())));
  branch_row row;
  if (!key.id(row.tree_id))
    return false;
  if (key.rest().empty()) {
    auto tree = read_tree_value(row.tree_id, value);
    if (!tree)
      return false;
    if (version != nullptr)
      *version = tree->version;
    out = std::move(tree->first);
    return true;
  }
  if (key.rest().size() != id_bytes || !key.id(row.branch_id))
    return false;
  row.value = value;
  out = std::move(row);
  return true;
}

} // namespace

page<history_node> read_history(const database& data, int shard, const history_query& query) {
  page<history_node> result;
  std::string prefix;
  put_branch_prefix(prefix, shard, query.tree_id, query.branch_id);
  std::string lower = prefix;
  std::string upper = prefix;
  put_number(lower, query.from);
  put_number(upper, query.to);
  if (!query.page.empty()) {
    const auto token = history_token::parse(query.page);
    if (!token) {
      tell_damaged(result, "page token");
      return result;
    }
    auto& bound = query.reverse ? upper : lower;
    bound = prefix;
    put_node_suffix(bound, token->first_event_id, token->txn_id);
    if (!query.reverse)
      bound.push_back('\0'); // the first key after that node's
  }
  if (lower >= upper)
    return result;
  range_scan scan(data, table::history, std::move(lower), std::move(upper));
  std::int64_t bytes = 0;
  query.reverse ? scan.to_last() : scan.to_first();
  for (; scan.valid(); query.reverse ? scan.previous() : scan.next()) {
    if (static_cast<int>(result.rows.size()) >= std::max(query.max_nodes, 1) ||
        (bytes > query.max_bytes && !result.rows.empty())) {
      result.next = history_token{result.rows.back().first_event_id, result.rows.back().txn_id}.text();
      break;
    }
    key_reader key(scan.key().substr(prefix.size()));
    auto& node = result.rows.emplace_back();
    if (!key.number(node.first_event_id) || !key.number(node.txn_id)) {
      tell_damaged(result, "history key");
      return result;
    }
    node.txn_id = ~node.txn_id;
    node.batch = scan.value();
    bytes += static_cast<std::int64_t>(node.batch.size());
  }
  tell(result, scan.status());
  return result;
}

read_result<history_tree> read_tree(const database& data, int shard, const uuid& tree_id) {
  read_result<history_tree> result;
  history_tree tree;
  std::string lower;
  put_tree_key(lower, shard, tree_id);
  std::string upper = lower;
  to_successor(upper);
  range_scan scan(data, table::trees, std::move(lower), std::move(upper));
  for (scan.to_first(); scan.valid(); scan.next()) {
    std::optional<branch_row> row;
    if (!read_tree_row(scan.key(), scan.value(), row, &tree.version) || tree.version == 0) {
      tell_damaged(result, "history tree");
      return result;
    }
    if (row)
      tree.branches.push_back(*std::move(row));
  }
  tell(result, scan.status());
  if (result.outcome == status::committed)
    result.value = std::move(tree);
  return result;
}

page<branch_row> scan_trees(const database& data, int shard, const std::string& token, int limit) {
  page<branch_row> result;
  std::string lower;
  std::string upper;
  if (!bounds_of(shard, token, lower, upper)) {
    tell_damaged(result, "page token");
    return result;
  }
  range_scan scan(data, table::trees, std::move(lower), std::move(upper));
  for (scan.to_first(); scan.valid(); scan.next()) {
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      result.next = scan.key();
      break;
    }
    std::optional<branch_row> row;
    if (!read_tree_row(scan.key(), scan.value(), row)) {
      tell_damaged(result, "history tree");
      return result;
    }
    if (row)
      result.rows.push_back(*std::move(row));
  }
  tell(result, scan.status());
  return result;
}

page<std::pair<uuid, uuid>> scan_branches(const database& data, int shard, const std::string& token, int limit) {
  page<std::pair<uuid, uuid>> result;
  std::string lower;
  std::string upper;
  if (!bounds_of(shard, token, lower, upper)) {
    tell_damaged(result, "page token");
    return result;
  }
  range_scan scan(data, table::history, std::move(lower), upper);
  scan.to_first();
  while (scan.valid()) {
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      result.next = scan.key();
      break;
    }
    key_reader key(scan.key());
    std::int32_t of = 0;
    auto& [tree_id, branch_id] = result.rows.emplace_back();
    if (!key.number(of) || !key.id(tree_id) || !key.id(branch_id)) {
      tell_damaged(result, "history key");
      return result;
    }
    std::string next;
    put_branch_prefix(next, shard, tree_id, branch_id);
    if (!to_successor(next))
      break;
    scan.to(next);
  }
  tell(result, scan.status());
  return result;
}

} // namespace cadenza::storage::rocks
