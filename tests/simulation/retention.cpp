#include "retention.hpp"

#include "program.hpp"

#include "workflow/run.hpp"

#include "uber/cadence/api/v1/service_visibility.pb.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace cadenza::simulation {
namespace {

constexpr int everything = 1'000'000;
constexpr std::int64_t jitter_ns = 3600 * ns_per_s; ///< a deletion comes up to so much after its time
constexpr std::int64_t patience_ns = 600 * ns_per_s;

/// What of a run is in the store, besides its row.
struct stored_branch {
  int shard = 0;
  uuid tree_id;
  uuid branch_id;
};

struct all_runs {
  std::int64_t runs = 0;
  std::int64_t last_close_ns = 0;
  std::int64_t first_close_ns = INT64_MAX;
  std::vector<stored_branch> branches;
  std::vector<std::pair<int, workflow_key>> ids;
};

void take(all_runs& into, int shard, const run_key& key, const run_rows& rows) {
  const auto state = workflow::run::load(key, rows);
  if (!state)
    throw violation("a stored run cannot be read: " + state.error().message);
  const auto& head = state->head();
  if (state->open())
    throw violation("run " + key.workflow_id + "/" + key.run_id.str() + " is still open");
  ++into.runs;
  into.last_close_ns = std::max(into.last_close_ns, head.last_updated_ns());
  into.first_close_ns = std::min(into.first_close_ns, head.last_updated_ns());
  for (const auto& history : head.version_histories().branches()) {
    const auto tree = uuid::from_raw(history.branch().tree_id());
    into.branches.push_back({shard, tree, uuid::from_raw(history.branch().branch_id())});
    for (const auto& a : history.branch().ancestors())
      into.branches.push_back({shard, tree, uuid::from_raw(a.branch_id())});
  }
  into.ids.emplace_back(shard, workflow_key{key.domain_id, key.workflow_id});
}

all_runs look(world& in) {
  const auto peek = in.peek();
  all_runs out;
  for (int shard = 0; shard < in.shards(); ++shard) {
    std::vector<run_key> keys;
    in.store().shards().scan_runs(shard, {}, everything, [&](auto page) {
      for (const auto& row : page.rows)
        keys.push_back(row.first);
    });
    for (const auto& key : keys)
      in.store().shards().read_run(shard, key, [&](auto rows) { take(out, shard, key, *rows.value); });
  }
  return out;
}

void sleep_until(world& in, std::int64_t until_ns) {
  bool there = false;
  in.later(std::max<std::int64_t>(until_ns - in.now_ns(), 1), [&there] { there = true; });
  in.run_until(
      "retention", [&] { return there; }, 2 * retention_ns);
}

std::int64_t listed(world& in) {
  std::optional<outcome<api::CountWorkflowExecutionsResponse>> result;
  in.engine().count_by_query(
      in.domain(domain_name), std::make_shared<api::CountWorkflowExecutionsRequest>(),
      in.call<api::CountWorkflowExecutionsResponse>("count of runs", [&result](const auto& r) { result = r; }));
  in.run_until(
      "count of runs", [&] { return result.has_value(); }, patience_ns);
  if (!*result)
    throw violation("runs cannot be counted: " + result->error().message);
  return (*result)->count();
}

void check_nothing_stored(world& in, const all_runs& before) {
  const auto peek = in.peek();
  const auto none = [](bool is, const std::string& what) {
    if (is)
      throw violation("after retention there still is " + what);
  };
  for (const auto& b : before.branches) {
    storage::history_query query;
    query.tree_id = b.tree_id;
    query.branch_id = b.branch_id;
    query.to = INT64_MAX;
    in.store().shards().read_history(b.shard, query, [&](auto page) {
      none(!page.rows.empty(), "history of branch " + b.branch_id.str() + " of tree " + b.tree_id.str());
    });
    in.store().shards().read_tree(b.shard, b.tree_id,
                                  [&](auto tree) { none(tree.value->version != 0, "tree " + b.tree_id.str()); });
  }
  for (const auto& [shard, id] : before.ids)
    in.store().shards().read_current(
        shard, id, [&, &id = id](auto row) { none(row.value.has_value(), "a current run of " + id.workflow_id); });
  for (int shard = 0; shard < in.shards(); ++shard)
    in.store().shards().scan_timers(shard, 0, 0, INT64_MAX, everything,
                                    [&](auto page) { none(!page.rows.empty(), "a timer task"); });
}

} // namespace

void check_retention(world& in, const weather& rough) {
  const auto before = look(in);
  sleep_until(in, before.first_close_ns + retention_ns - ns_per_s);
  if (const auto now = look(in).runs; now != before.runs)
    throw violation(std::to_string(before.runs - now) + " runs are gone before their retention is over");
  in.set_weather(rough);
  sleep_until(in, before.last_close_ns + retention_ns + jitter_ns);
  in.calm();
  sleep_until(in, in.now_ns() + patience_ns);
  if (const auto left = look(in); left.runs != 0)
    throw violation(std::to_string(left.runs) + " of " + std::to_string(before.runs) +
                    " runs are there after their retention, " + left.ids.front().second.workflow_id + " is one");
  check_nothing_stored(in, before);
  if (const auto left = listed(in); left != 0)
    throw violation(std::to_string(left) + " runs are listed after their retention");
  in.count("voyages beyond retention");
}

} // namespace cadenza::simulation
