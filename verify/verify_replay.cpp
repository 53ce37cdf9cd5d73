#include "verify/verify_parts.hpp"

#include "actors/history/history_reader.hpp"
#include "workflow/replay.hpp"
#include "workflow/replay_difference.hpp"
#include "workflow/version_history.hpp"

#include <algorithm>

/// The check of one run: its rows, its history, and whether the one is what the other says.
namespace cadenza::actors::verifying {
namespace {

constexpr int page_batches = 1000;
constexpr std::int64_t page_bytes = 4 << 20;
constexpr int looks_max = 3; ///< at a run that changes meanwhile

/// A part of a branch. Throws when the store does not answer.
outcome<history_slice> read_page(const context& scan, int shard, const rec::HistoryBranch& branch, std::int64_t from,
                                 std::int64_t to, int batches) {
  const auto promise = std::make_shared<std::promise<outcome<history_slice>>>();
  auto answer = promise->get_future();
  read_branch(scan.store(), shard, branch, from, to, batches, page_bytes,
              [promise](outcome<history_slice> slice) { promise->set_value(std::move(slice)); });
  auto slice = answer.get();
  if (!slice && slice.error().kind == error_kind::unavailable)
    throw stopped{slice.error()};
  return slice;
}

/// Events of one run that a rule asks for, read when they are asked for.
class stored_events final : public workflow::event_source {
public:
  stored_events(const context& scan, int shard, rec::HistoryBranch branch)
    : scan_(scan), shard_(shard), branch_(std::move(branch)) {}

  const workflow::api::HistoryEvent* find(std::int64_t event_id, std::int64_t batch_first_id) override {
    auto i = batches_.find(batch_first_id);
    if (i == batches_.end()) {
      const auto slice = read_page(scan_, shard_, branch_, batch_first_id, batch_first_id + 1, 1);
      auto batch = std::make_unique<workflow::api::History>();
      if (!slice || !batch->ParseFromString(slice->bytes))
        return nullptr;
      i = batches_.emplace(batch_first_id, std::move(batch)).first;
    }
    for (const auto& event : i->second->events())
      if (event.event_id() == event_id)
        return &event;
    return nullptr;
  }

private:
  const context& scan_;
  const int shard_;
  const rec::HistoryBranch branch_;
  std::unordered_map<std::int64_t, std::unique_ptr<workflow::api::History>> batches_;
};

/// The event after the last one that is stored of a branch.
outcome<std::int64_t> end_of(const context& scan, int shard, const rec::HistoryBranch& branch) {
  storage::history_query query;
  query.tree_id = uuid::from_raw(branch.tree_id());
  query.branch_id = uuid::from_raw(branch.branch_id());
  query.from = first_event_id;
  query.to = INT64_MAX;
  query.max_nodes = 100;
  query.reverse = true;
  const auto last = wait_for<storage::page<storage::history_node>>(
      [&](auto done) { scan.store().shards().read_history(shard, query, std::move(done)); });
  if (const auto why = unread(last); !why.empty())
    return error{error_kind::internal_data_inconsistency, "the end of its history cannot be read: " + why};
  std::int64_t end = branch.ancestors().empty() ? first_event_id : branch.ancestors().rbegin()->end_node();
  std::int64_t newest = -1;
  for (const auto& node : last.rows) {
    if (node.first_event_id != last.rows.front().first_event_id || node.txn_id < newest)
      continue;
    newest = node.txn_id;
    end = node.first_event_id + std::max<std::int64_t>(count_events(node.batch), 0);
  }
  return end;
}

std::optional<std::string> domain_problem(const context& scan, const run_key& key) {
  if (scan.domains->find(key.domain_id))
    return std::nullopt;
  return "its domain " + key.domain_id.str() + " does not exist";
}

/// Branches that are not the current one: their events must be there, that is all that can be said of them.
void check_other_branches(const context& scan, int shard, run_look& look) {
  const auto& histories = look.state->head().version_histories();
  for (int i = 0; i < histories.branches_size(); ++i) {
    if (i == histories.current())
      continue;
    const auto& branch = histories.branches(i);
    const auto to = workflow::last_event_id(branch) + 1;
    for (auto from = first_event_id; from < to;) {
      const auto page = read_page(scan, shard, branch.branch(), from, to, page_batches);
      if (!page) {
        look.wrong.emplace_back(finding::kind::history, "branch " + std::to_string(i) + ": " + page.error().message);
        break;
      }
      from = page->next_event_id;
    }
  }
}

void check_history(const context& scan, int shard, run_look& look) {
  const auto& state = *look.state;
  const auto& branch = state.current_branch().branch();
  const replay_world world(scan, shard, state.key().domain_id, state.fixed().auto_reset_points().points_size());
  const auto replayed = replay_stored(scan, shard, state.key(), branch, state.next_event_id(), world.env());
  if (!replayed) {
    look.wrong.emplace_back(finding::kind::history, replayed.error().message);
    return;
  }
  look.events = replayed->count;
  if (auto difference = workflow::difference_from_replay(state, *replayed->state, replayed->of_reset);
      !difference.empty()) {
    while (!difference.empty() && difference.back() == '\n')
      difference.pop_back();
    std::replace(difference.begin(), difference.end(), '\n', ' ');
    look.wrong.emplace_back(finding::kind::state, difference);
  }
  const auto end = end_of(scan, shard, branch);
  if (!end)
    look.wrong.emplace_back(finding::kind::history, end.error().message);
  else if (*end > state.next_event_id())
    look.wrong.emplace_back(finding::kind::state, "its history goes on to event " + std::to_string(*end - 1) +
                                                      ", its state ends at " +
                                                      std::to_string(state.next_event_id() - 1));
  check_other_branches(scan, shard, look);
}

run_look look_once(const context& scan, int shard, const run_key& key) {
  run_look out;
  auto read = wait_for<storage::read_result<run_rows>>(
      [&](auto done) { scan.store().shards().read_run(shard, key, std::move(done)); });
  if (read.outcome != storage::status::committed) {
    out.wrong.emplace_back(finding::kind::state, read.message);
    return out;
  }
  out.gone = !read.value;
  if (out.gone)
    return out;
  out.rows = *std::move(read.value);
  if (!out.head.ParseFromString(out.rows.header))
    out.head.Clear(); // half a header is no help
  if (auto problem = domain_problem(scan, key))
    out.wrong.emplace_back(finding::kind::state, *problem);
  auto loaded = workflow::run::load(key, out.rows);
  if (!loaded) {
    out.wrong.emplace_back(finding::kind::state, loaded.error().message);
    return out;
  }
  out.state.emplace(*std::move(loaded));
  out.head = out.state->head();
  check_history(scan, shard, out);
  return out;
}

std::int64_t row_version(const context& scan, int shard, const run_key& key) {
  const auto read = wait_for<storage::read_result<run_rows>>(
      [&](auto done) { scan.store().shards().read_run(shard, key, std::move(done)); });
  rec::Run head;
  if (!read.value || !head.ParseFromString(read.value->header))
    return 0;
  return head.row_version();
}

} // namespace

replay_world::replay_world(const context& scan, int shard, const uuid& domain, int reset_points) {
  // As many reset points as there are: whatever the limit was, the last ones were kept.
  rules_.max_auto_reset_points = std::max(reset_points, 1);
  env_.now_ns = scan.from.time->now_ns();
  env_.chance = scan.from.chance;
  env_.domain = scan.domains->find(domain);
  if (!env_.domain)
    env_.domain = std::make_shared<const workflow::domain_view>();
  env_.domains = scan.domains;
  env_.limits = &rules_;
  env_.current_cluster = scan.from.cluster;
  env_.shard = shard;
}

outcome<replayed_run> replay_stored(const context& scan, int shard, const run_key& key,
                                    const rec::HistoryBranch& branch, std::int64_t to,
                                    const workflow::environment& env) {
  replayed_run out;
  out.state = std::make_unique<workflow::run>(key);
  out.events = std::make_shared<stored_events>(scan, shard, branch);
  if (to == 0) {
    const auto end = end_of(scan, shard, branch);
    if (!end)
      return end.error();
    to = *end;
  }
  workflow::transaction tx(*out.state, env, *out.events);
  rec::VersionHistories histories;
  *histories.add_branches()->mutable_branch() = branch;
  tx.set_version_histories(std::move(histories));
  for (auto from = first_event_id; from < to;) {
    scan.check_stopping();
    const auto page = read_page(scan, shard, branch, from, to, page_batches);
    if (!page)
      return page.error();
    const auto batches = parse_batches(*page);
    if (!batches)
      return batches.error();
    if (from == first_event_id && !batches->empty()) {
      const auto& first = batches->front()->events(0).workflow_execution_started_event_attributes();
      out.of_reset = first.original_execution_run_id() != key.run_id.str();
    }
    for (const auto& batch : *batches) {
      CADENZA_TRY(tx.replay(*batch));
      out.count += batch->events_size();
    }
    from = page->next_event_id;
  }
  if (out.state->head().state() == run_state::none)
    return error{error_kind::internal_data_inconsistency, "its history has no events"};
  tx.keep();
  return out;
}

run_look look_at_run(const context& scan, int shard, const run_key& key) {
  for (int i = 0;; ++i) {
    auto look = look_once(scan, shard, key);
    if (!scan.from.live || look.wrong.empty() || look.gone)
      return look;
    const auto before = look.head.row_version();
    if (row_version(scan, shard, key) == before && i > 0)
      return look; // it has not moved, and this is not the first look
    if (i + 1 == looks_max) {
      look.wrong.clear(); // it never holds still: a later check will see
      return look;
    }
  }
}

} // namespace cadenza::actors::verifying
