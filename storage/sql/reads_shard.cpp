#include "storage/scan_tokens.hpp"
#include "storage/sql/asking.hpp"

/// Reads of a shard.
namespace cadenza::storage::sql {

namespace {

current_row current_at(const row_set& rows, std::size_t i, std::size_t first) {
  return {rows.id(i, first), static_cast<int>(rows.number(i, first + 1)), rows.number(i, first + 2),
          rows.text(i, first + 3)};
}

/// Where a scan in key order goes on: two ids and a text between, each of which may be left out.
struct key_token {
  uuid first;
  std::string text;
  uuid last;

  [[nodiscard]] std::string str() const { return first.raw() + last.raw() + text; }
  [[nodiscard]] static std::optional<key_token> parse(const std::string& token) {
    if (token.empty())
      return key_token{};
    if (token.size() < 32)
      return std::nullopt;
    return key_token{uuid::from_raw(token.substr(0, 16)), token.substr(32), uuid::from_raw(token.substr(16, 16))};
  }
};

template <class Row> void bad_token(const done<page<Row>>& cb) { cb(damaged<page<Row>>("page token")); }

} // namespace

void sql_store::read_shard(int shard, done<read_result<std::string>> cb) {
  ask<read_result<std::string>>(place_of(shard), "read_shard", {statement::read_shard, {argument::number(shard)}},
                                std::move(cb), [](const row_set& rows) {
                                  read_result<std::string> out;
                                  if (!rows.empty())
                                    out.value = rows.text(0, 0);
                                  return out;
                                });
}

void sql_store::read_current(int shard, workflow_key key, done<read_result<current_row>> cb) {
  ask<read_result<current_row>>(
      place_of(shard), "read_current",
      {statement::read_current,
       {argument::number(shard), argument::of(key.domain_id), argument::text(key.workflow_id)}},
      std::move(cb), [](const row_set& rows) {
        read_result<current_row> out;
        if (!rows.empty())
          out.value = current_at(rows, 0, 0);
        return out;
      });
}

void sql_store::read_run(int shard, run_key key, done<read_result<run_rows>> cb) {
  ask<read_result<run_rows>>(place_of(shard), "read_run",
                             {statement::read_run,
                              {argument::number(shard), argument::of(key.domain_id), argument::text(key.workflow_id),
                               argument::of(key.run_id)}},
                             std::move(cb), [](const row_set& rows) {
                               // The run's own row is of the kind 0, which sorts first.
                               read_result<run_rows> out;
                               if (rows.empty())
                                 return out;
                               if (rows.number(0, 0) != 0)
                                 return damaged<read_result<run_rows>>("run: rows without a header");
                               auto& run = out.value.emplace();
                               run.header = rows.text(0, 2);
                               run.fixed = rows.text(0, 3);
                               for (std::size_t i = 1; i < rows.size(); ++i)
                                 run.pending.push_back({static_cast<pending_kind>(rows.number(i, 0)), rows.number(i, 1),
                                                        rows.text(i, 2), rows.text(i, 3)});
                               return out;
                             });
}

void sql_store::scan_ids(const char* name, statement which, int shard, std::int64_t after, std::int64_t up_to,
                         int limit, done<page<transfer_row>> cb) {
  ask_page<transfer_row>(
      place_of(shard), name,
      {which, {argument::number(shard), argument::large(after), argument::large(up_to), one_more(limit)}}, limit,
      std::move(cb),
      page_maker{[](const row_set& rows, std::size_t i) {
                   return transfer_row{rows.number(i, 0), rows.text(i, 1)};
                 },
                 [](const row_set& rows, std::size_t i) { return more_after(rows.number(i - 1, 0)); }});
}

void sql_store::scan_transfer(int shard, std::int64_t after, std::int64_t up_to, int limit,
                              done<page<transfer_row>> cb) {
  scan_ids("scan_transfer", statement::scan_transfer, shard, after, up_to, limit, std::move(cb));
}

void sql_store::scan_replication(int shard, std::int64_t after, std::int64_t up_to, int limit,
                                 done<page<replication_row>> cb) {
  scan_ids("scan_replication", statement::scan_replication, shard, after, up_to, limit,
           [cb = std::move(cb)](page<transfer_row> found) {
             page<replication_row> out;
             out.outcome = found.outcome;
             out.next = std::move(found.next);
             out.message = std::move(found.message);
             for (auto& row : found.rows)
               out.rows.push_back({row.task_id, std::move(row.value)});
             cb(std::move(out));
           });
}

void sql_store::scan_timers(int shard, std::int64_t from_ns, std::int64_t from_id, std::int64_t to_ns, int limit,
                            done<page<timer_row>> cb) {
  ask_page<timer_row>(place_of(shard), "scan_timers",
                      {statement::scan_timers,
                       {argument::number(shard), argument::large(from_ns), argument::large(from_id),
                        argument::large(to_ns), one_more(limit)}},
                      limit, std::move(cb),
                      page_maker{[](const row_set& rows, std::size_t i) {
                                   return timer_row{rows.number(i, 0), rows.number(i, 1), rows.text(i, 2)};
                                 },
                                 [](const row_set& rows, std::size_t i) { return more_after(rows.number(i - 1, 1)); }});
}

void sql_store::scan_runs(int shard, std::string token, int limit, done<page<std::pair<run_key, run_rows>>> cb) {
  const auto from = key_token::parse(token);
  if (!from)
    return bad_token(cb);
  const auto key_at = [](const row_set& rows, std::size_t i) {
    return run_key{rows.id(i, 0), rows.text(i, 1), rows.id(i, 2)};
  };
  ask_page<std::pair<run_key, run_rows>>(
      place_of(shard), "scan_runs",
      {statement::scan_runs,
       {argument::number(shard), argument::of(from->first), argument::text(from->text), argument::of(from->last),
        one_more(limit)}},
      limit, std::move(cb),
      page_maker{[key_at](const row_set& rows, std::size_t i) {
                   return std::pair(key_at(rows, i), run_rows{rows.text(i, 3), rows.text(i, 4), {}});
                 },
                 [key_at](const row_set& rows, std::size_t i) {
                   const auto key = key_at(rows, i);
                   return key_token{key.domain_id, key.workflow_id, key.run_id}.str();
                 }});
}

void sql_store::scan_current(int shard, std::string token, int limit,
                             done<page<std::pair<workflow_key, current_row>>> cb) {
  const auto from = key_token::parse(token);
  if (!from)
    return bad_token(cb);
  ask_page<std::pair<workflow_key, current_row>>(
      place_of(shard), "scan_current",
      {statement::scan_currents,
       {argument::number(shard), argument::of(from->first), argument::text(from->text), one_more(limit)}},
      limit, std::move(cb),
      page_maker{[](const row_set& rows, std::size_t i) {
                   return std::pair(workflow_key{rows.id(i, 0), rows.text(i, 1)}, current_at(rows, i, 2));
                 },
                 [](const row_set& rows, std::size_t i) {
                   return key_token{rows.id(i, 0), rows.text(i, 1), {}}.str();
                 }});
}

void sql_store::scan_trees(int shard, std::string token, int limit, done<page<branch_row>> cb) {
  const auto from = key_token::parse(token);
  if (!from)
    return bad_token(cb);
  ask_page<branch_row>(
      place_of(shard), "scan_trees",
      {statement::scan_trees,
       {argument::number(shard), argument::of(from->first), argument::of(from->last), one_more(limit)}},
      limit, std::move(cb),
      page_maker{[](const row_set& rows, std::size_t i) {
                   return branch_row{rows.id(i, 0), rows.id(i, 1), rows.text(i, 2)};
                 },
                 [](const row_set& rows, std::size_t i) {
                   return key_token{rows.id(i, 0), {}, rows.id(i, 1)}.str();
                 }});
}

void sql_store::scan_branches(int shard, std::string token, int limit, done<page<std::pair<uuid, uuid>>> cb) {
  const auto from = key_token::parse(token);
  if (!from)
    return bad_token(cb);
  ask_page<std::pair<uuid, uuid>>(
      place_of(shard), "scan_branches",
      {statement::scan_branches,
       {argument::number(shard), argument::of(from->first), argument::of(from->last), one_more(limit)}},
      limit, std::move(cb),
      page_maker{[](const row_set& rows, std::size_t i) { return std::pair(rows.id(i, 0), rows.id(i, 1)); },
                 [](const row_set& rows, std::size_t i) {
                   return key_token{rows.id(i, 0), {}, rows.id(i, 1)}.str();
                 }});
}

void sql_store::scan_dead_letters(dead_letters at, std::int64_t after, std::int64_t up_to, int limit,
                                  done<page<replication_row>> cb) {
  ask_page<replication_row>(
      place_of(at.shard), "scan_dead_letters",
      {statement::scan_dead_letters,
       {argument::number(at.shard), argument::text(at.cluster), argument::large(after), argument::large(up_to),
        one_more(limit)}},
      limit, std::move(cb),
      page_maker{[](const row_set& rows, std::size_t i) {
                   return replication_row{rows.number(i, 0), rows.text(i, 1)};
                 },
                 [](const row_set& rows, std::size_t i) { return more_after(rows.number(i - 1, 0)); }});
}

void sql_store::read_tree(int shard, uuid tree_id, done<read_result<history_tree>> cb) {
  ask<read_result<history_tree>>(place_of(shard), "read_tree",
                                 {statement::read_tree, {argument::number(shard), argument::of(tree_id)}},
                                 std::move(cb), [tree_id](const row_set& rows) {
                                   // The tree's own row has a version and no branch.
                                   read_result<history_tree> out;
                                   auto& tree = out.value.emplace();
                                   for (std::size_t i = 0; i < rows.size(); ++i) {
                                     if (rows.has(i, 0))
                                       tree.version = rows.number(i, 0);
                                     else
                                       tree.branches.push_back({tree_id, rows.id(i, 1), rows.text(i, 2)});
                                   }
                                   if (tree.version == 0 && !tree.branches.empty())
                                     return damaged<read_result<history_tree>>("history tree");
                                   return out;
                                 });
}

void sql_store::read_history(int shard, history_query query, done<page<history_node>> cb) {
  std::optional<history_token> last;
  if (!query.page.empty() && !(last = history_token::parse(query.page)))
    return bad_token(cb);
  // Stored are inverted transaction ids: the newest sort first. Both bounds are pairs: lower ≤ node < upper.
  history_token lower{query.from, INT64_MIN};
  history_token upper{query.to, INT64_MIN};
  if (last && query.reverse)
    upper = {last->first_event_id, ~last->txn_id};
  else if (last)
    lower = {last->first_event_id, ~last->txn_id + 1};
  const auto most = std::max(query.max_nodes, 1);
  ask<page<history_node>>(
      place_of(shard), "read_history",
      {query.reverse ? statement::read_history_backwards : statement::read_history,
       {argument::number(shard), argument::of(query.tree_id), argument::of(query.branch_id),
        argument::large(lower.first_event_id), argument::large(lower.txn_id), argument::large(upper.first_event_id),
        argument::large(upper.txn_id), one_more(most), argument::large(query.max_bytes)}},
      std::move(cb), [most = static_cast<std::size_t>(most)](const row_set& rows) {
        page<history_node> out;
        for (std::size_t i = 0; i < std::min(rows.size(), most); ++i)
          out.rows.push_back({rows.number(i, 0), ~rows.number(i, 1), rows.text(i, 2)});
        // The last field: how many nodes there were before the page's bytes were looked at.
        if (!out.rows.empty() && rows.number(0, 3) > static_cast<std::int64_t>(out.rows.size()))
          out.next = history_token{out.rows.back().first_event_id, out.rows.back().txn_id}.text();
        return out;
      });
}

} // namespace cadenza::storage::sql
