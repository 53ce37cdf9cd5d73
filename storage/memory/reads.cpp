#include "storage/memory/reads.hpp"

#include <charconv>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <system_error>

namespace cadenza::storage::memory {

namespace {

const shard_tables* find_shard(const tables& all, int shard) {
  const auto found = all.shards.find(shard);
  return found == all.shards.end() ? nullptr : &found->second;
}

template <class Row> page<Row> bad_token() {
  page<Row> result;
  result.outcome = status::corrupted;
  result.message = "not a page token of this store";
  return result;
}

/// Tokens of table scans: the last key, field by field, each after its length.
std::string pack(std::initializer_list<std::string_view> fields) {
  std::string out;
  for (const auto field : fields)
    out.append(std::to_string(field.size())).append(":").append(field);
  return out;
}

std::optional<std::vector<std::string>> unpack(std::string_view text, std::size_t count) {
  std::vector<std::string> fields;
  while (!text.empty()) {
    std::size_t size = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), size);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (failure != std::errc{} || text.size() < size + 1)
      return std::nullopt;
    fields.emplace_back(text.substr(1, size));
    text.remove_prefix(size + 1);
  }
  return fields.size() == count ? std::optional(std::move(fields)) : std::nullopt;
}

} // namespace

read_result<run_rows> read_run(const tables& all, int shard, const run_key& key) {
  read_result<run_rows> result;
  const auto* found = find_shard(all, shard);
  if (found == nullptr)
    return result;
  const auto run = found->runs.find(key);
  if (run == found->runs.end())
    return result;
  auto& rows = result.value.emplace();
  rows.header = run->second.header;
  rows.fixed = run->second.fixed;
  rows.pending.reserve(run->second.pending.size());
  for (const auto& [pending, value] : run->second.pending)
    rows.pending.push_back({pending.kind, pending.number, pending.text, value});
  return result;
}

page<history_node> read_history(const tables& all, int shard, const history_query& query) {
  page<history_node> result;
  std::optional<history_token> token;
  if (!query.page.empty()) {
    token = history_token::parse(query.page);
    if (!token)
      return bad_token<history_node>();
  }
  const auto* found = find_shard(all, shard);
  if (found == nullptr || query.from >= query.to)
    return result;
  const auto branch = found->nodes.find({query.tree_id, query.branch_id});
  if (branch == found->nodes.end())
    return result;
  const auto& nodes = branch->second;
  auto begin = nodes.lower_bound({query.from, INT64_MAX});
  auto end = nodes.lower_bound({query.to, INT64_MAX});
  if (token) {
    const node_key last{token->first_event_id, token->txn_id};
    (query.reverse ? end : begin) = query.reverse ? nodes.lower_bound(last) : nodes.upper_bound(last);
  }
  std::int64_t bytes = 0;
  while (begin != end) {
    const auto it = query.reverse ? std::prev(end) : begin;
    if (static_cast<int>(result.rows.size()) >= std::max(query.max_nodes, 1) ||
        (bytes > query.max_bytes && !result.rows.empty())) {
      result.next = history_token{result.rows.back().first_event_id, result.rows.back().txn_id}.text();
      break;
    }
    result.rows.push_back({it->first.first_event_id, it->first.txn_id, it->second});
    bytes += static_cast<std::int64_t>(it->second.size());
    if (query.reverse)
      end = it;
    else
      ++begin;
  }
  return result;
}

read_result<history_tree> read_tree(const tables& all, int shard, const uuid& tree_id) {
  read_result<history_tree> result;
  auto& tree = result.value.emplace();
  const auto* found = find_shard(all, shard);
  if (found == nullptr)
    return result;
  const auto entry = found->trees.find(tree_id);
  if (entry == found->trees.end())
    return result;
  tree.version = entry->second.version;
  for (const auto& [branch_id, value] : entry->second.branches)
    tree.branches.push_back({tree_id, branch_id, value});
  return result;
}

page<timer_row> scan_timers(const tables& all, int shard, std::int64_t from_ns, std::int64_t from_id,
                            std::int64_t to_ns, int limit) {
  page<timer_row> result;
  const auto* found = find_shard(all, shard);
  if (found == nullptr)
    return result;
  for (auto it = found->timers.lower_bound({from_ns, from_id}); it != found->timers.end() && it->first.first < to_ns;
       ++it) {
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      result.next = more_after(result.rows.back().task_id);
      break;
    }
    result.rows.push_back({it->first.first, it->first.second, it->second});
  }
  return result;
}

page<std::pair<run_key, run_rows>> scan_runs(const tables& all, int shard, const std::string& token, int limit) {
  using row = std::pair<run_key, run_rows>;
  page<row> result;
  const auto* found = find_shard(all, shard);
  if (found == nullptr)
    return result;
  auto it = found->runs.begin();
  if (!token.empty()) {
    const auto fields = unpack(token, 3);
    if (!fields)
      return bad_token<row>();
    it = found->runs.upper_bound({uuid::from_raw((*fields)[0]), (*fields)[1], uuid::from_raw((*fields)[2])});
  }
  for (; it != found->runs.end(); ++it) {
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      const auto& last = result.rows.back().first;
      result.next = pack({last.domain_id.raw(), last.workflow_id, last.run_id.raw()});
      break;
    }
    run_rows rows;
    rows.header = it->second.header;
    rows.fixed = it->second.fixed;
    result.rows.emplace_back(it->first, std::move(rows));
  }
  return result;
}

page<std::pair<workflow_key, current_row>> scan_current(const tables& all, int shard, const std::string& token,
                                                        int limit) {
  using row = std::pair<workflow_key, current_row>;
  page<row> result;
  const auto* found = find_shard(all, shard);
  if (found == nullptr)
    return result;
  auto it = found->current.begin();
  if (!token.empty()) {
    const auto fields = unpack(token, 2);
    if (!fields)
      return bad_token<row>();
    it = found->current.upper_bound({uuid::from_raw((*fields)[0]), (*fields)[1]});
  }
  for (; it != found->current.end(); ++it) {
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      const auto& last = result.rows.back().first;
      result.next = pack({last.domain_id.raw(), last.workflow_id});
      break;
    }
    result.rows.emplace_back(it->first, it->second);
  }
  return result;
}

page<branch_row> scan_trees(const tables& all, int shard, const std::string& token, int limit) {
  page<branch_row> result;
  const auto* found = find_shard(all, shard);
  if (found == nullptr)
    return result;
  std::pair<uuid, uuid> last;
  if (!token.empty()) {
    const auto fields = unpack(token, 2);
    if (!fields)
      return bad_token<branch_row>();
    last = {uuid::from_raw((*fields)[0]), uuid::from_raw((*fields)[1])};
  }
  for (auto tree = found->trees.lower_bound(last.first); tree != found->trees.end(); ++tree)
    for (const auto& [branch_id, value] : tree->second.branches) {
      const std::pair at{tree->first, branch_id};
      if (at <= last && !token.empty())
        continue;
      if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
        result.next = pack({last.first.raw(), last.second.raw()});
        return result;
      }
      last = at;
      result.rows.push_back({tree->first, branch_id, value});
    }
  return result;
}

page<std::pair<uuid, uuid>> scan_branches(const tables& all, int shard, const std::string& token, int limit) {
  using row = std::pair<uuid, uuid>;
  page<row> result;
  const auto* found = find_shard(all, shard);
  if (found == nullptr)
    return result;
  auto it = found->nodes.begin();
  if (!token.empty()) {
    const auto fields = unpack(token, 2);
    if (!fields)
      return bad_token<row>();
    it = found->nodes.upper_bound({uuid::from_raw((*fields)[0]), uuid::from_raw((*fields)[1])});
  }
  for (; it != found->nodes.end(); ++it) {
    if (it->second.empty())
      continue;
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      result.next = pack({result.rows.back().first.raw(), result.rows.back().second.raw()});
      break;
    }
    result.rows.push_back(it->first);
  }
  return result;
}

page<std::pair<task_list_key, std::string>> scan_task_lists(const tables& all, const ring_range& of,
                                                            const std::string& token, int limit) {
  using row = std::pair<task_list_key, std::string>;
  page<row> result;
  auto it = all.task_lists.begin();
  if (!token.empty()) {
    const auto fields = unpack(token, 3);
    int type = 0;
    if (!fields ||
        std::from_chars((*fields)[2].data(), (*fields)[2].data() + (*fields)[2].size(), type).ec != std::errc{})
      return bad_token<row>();
    it = all.task_lists.upper_bound({uuid::from_raw((*fields)[0]), (*fields)[1], type});
  }
  for (; it != all.task_lists.end(); ++it) {
    if (!of.contains(it->first))
      continue;
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      const auto& last = result.rows.back().first;
      result.next = pack({last.domain_id.raw(), last.name, std::to_string(last.type)});
      break;
    }
    result.rows.emplace_back(it->first, it->second.row);
  }
  return result;
}

page<domain_row> read_domains(const tables& all, const std::string& token, int limit) {
  page<domain_row> result;
  auto it = all.domains.begin();
  if (!token.empty()) {
    const auto fields = unpack(token, 1);
    if (!fields)
      return bad_token<domain_row>();
    it = all.domains.upper_bound(uuid::from_raw((*fields)[0]));
  }
  for (; it != all.domains.end(); ++it) {
    if (static_cast<int>(result.rows.size()) >= std::max(limit, 1)) {
      result.next = pack({result.rows.back().id.raw()});
      break;
    }
    result.rows.push_back(it->second);
  }
  return result;
}

page<queue_ack> read_acks(const tables& all, int queue) {
  page<queue_ack> result;
  for (auto it = all.acks.lower_bound({queue, {}}); it != all.acks.end() && it->first.first == queue; ++it)
    result.rows.push_back({queue, it->first.second, it->second});
  return result;
}

page<node_lease> read_leases(const tables& all) {
  page<node_lease> result;
  for (const auto& [node, lease] : all.leases)
    result.rows.push_back(lease);
  return result;
}

page<audit_row> read_audit(const tables& all, const audit_query& query) {
  page<audit_row> result;
  if (query.from_ns >= query.to_ns)
    return result;
  // The newest come first: from just before `to_ns` backwards in time.
  auto it = all.audit.lower_bound({query.domain_id, query.to_ns - 1, uuid{}});
  if (!query.page.empty()) {
    const auto token = audit_token::parse(query.page);
    if (!token)
      return bad_token<audit_row>();
    it = all.audit.upper_bound({query.domain_id, token->at_ns, token->id});
  }
  for (; it != all.audit.end() && it->first.domain_id == query.domain_id && it->first.at_ns >= query.from_ns; ++it) {
    if (static_cast<int>(result.rows.size()) >= std::max(query.limit, 1)) {
      result.next = audit_token{result.rows.back().at_ns, result.rows.back().id}.text();
      break;
    }
    result.rows.push_back({it->first.domain_id, it->first.at_ns, it->first.id, it->second});
  }
  return result;
}

} // namespace cadenza::storage::memory
