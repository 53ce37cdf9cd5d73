#include "verify/verify_parts.hpp"

#include "actors/base/shard_sequence.hpp"
#include "actors/runs/persist.hpp"
#include "actors/visibility/listed_changes.hpp"
#include "workflow/replay.hpp"
#include "workflow/start.hpp"

#include <algorithm>

/// Writes what mends a shard.
namespace cadenza::actors::verifying {
namespace {

template <class Map> void add_numbered(std::vector<pending_row>& out, pending_kind kind, const Map& map) {
  for (const auto& [number, record] : map)
    out.push_back({kind, number, {}, record.SerializeAsString()});
}

/// Every row that hangs off a run.
std::vector<pending_row> pending_rows(const workflow::run& r) {
  std::vector<pending_row> out;
  add_numbered(out, pending_kind::activity, r.activities());
  for (const auto& [id, timer] : r.timers())
    out.push_back({pending_kind::timer, 0, id, timer.SerializeAsString()});
  add_numbered(out, pending_kind::child, r.children());
  add_numbered(out, pending_kind::cancel_request, r.cancel_requests());
  add_numbered(out, pending_kind::signal, r.signals());
  for (const auto& [id, known] : r.signal_requests())
    out.push_back({pending_kind::signal_requested, 0, id, known.SerializeAsString()});
  add_numbered(out, pending_kind::buffered, r.buffered());
  return out;
}

error cannot_refresh() {
  return {error_kind::internal_data_inconsistency, "an event that its tasks are made from is missing"};
}

} // namespace

/// Ids of the range that was taken.
class mender::id_source final : public workflow::task_id_source {
public:
  id_source(std::int64_t first, std::int64_t earliest_ns) : next_(first), earliest_ns_(earliest_ns) {}
  std::int64_t reserve(std::int64_t count) override {
    const auto first = next_;
    next_ += count;
    return first;
  }
  std::int64_t earliest_timer_ns() const override { return earliest_ns_; }

private:
  std::int64_t next_;
  const std::int64_t earliest_ns_;
};

mender::mender(context& scan, int shard, shard_tasks& tasks) : scan_(scan), shard_(shard), tasks_(tasks) {}
mender::~mender() = default;

outcome<void> mender::take() {
  if (ids_)
    return {};
  if (!tasks_.row_read)
    return error{error_kind::internal_data_inconsistency, "the row of its shard cannot be read"};
  storage::shard_update update;
  update.shard = shard_;
  update.expected_range_id = tasks_.range_id;
  update.new_range_id = tasks_.range_id + 1;
  tasks_.row.set_format(1);
  tasks_.row.set_range_id(update.new_range_id);
  tasks_.row.set_owner(scan_.from.identity);
  tasks_.row.set_updated_ns(scan_.from.time->now_ns());
  update.value = tasks_.row.SerializeAsString();
  const auto taken = wait_for<storage::commit_result>(
      [&](auto done) { scan_.store().shards().update_shard(std::move(update), std::move(done)); });
  if (taken.outcome != storage::status::committed)
    return unavailable("shard " + std::to_string(shard_) + " cannot be taken: " + taken.message);
  ++tasks_.range_id;
  const shard_sequence sequence(tasks_.range_id);
  ids_ = std::make_unique<id_source>(sequence.next(), tasks_.ack_timer_ns);
  return {};
}

storage::shard_transaction mender::begin() const {
  storage::shard_transaction tx;
  tx.shard = shard_;
  tx.range_id = tasks_.range_id;
  return tx;
}

storage::shard_transaction mender::transaction_of(const run_key& key, workflow::changes& made) const {
  std::vector<listed_run> listed;
  if (scan_.store().able_to().keeps_lists)
    take_listed(made.transfer, shard_, true, listed);
  auto tx = to_store(shard_, tasks_.range_id, key, made, std::nullopt);
  tx.listed = std::move(listed);
  return tx;
}

outcome<void> mender::commit(storage::shard_transaction tx) {
  const auto done =
      wait_for<storage::commit_result>([&](auto cb) { scan_.store().shards().commit(std::move(tx), std::move(cb)); });
  if (done.outcome != storage::status::committed)
    return unavailable("the write was refused: " + done.message);
  return {};
}

outcome<void> mender::rebuild(const run_key& key, const rec::HistoryBranch& branch, std::int64_t to,
                              std::int64_t stored) {
  const workflow::rules limits;
  const replay_world world(scan_, shard_, key.domain_id, limits.max_auto_reset_points);
  auto replayed = replay_stored(scan_, shard_, key, branch, to, world.env());
  if (!replayed)
    return replayed.error();
  auto& state = *replayed->state;
  {
    // A state that was never stored would write its history as well.
    workflow::transaction tx(state, world.env(), *replayed->events);
    tx.head().set_row_version(std::max<std::int64_t>(stored, 1));
    tx.keep();
  }
  CADENZA_TRY(take());
  workflow::transaction tx(state, world.env(), *replayed->events);
  workflow::refresh_tasks(tx);
  if (tx.missing())
    return cannot_refresh();
  auto made = tx.close(*ids_);
  if (!made)
    return made.error();
  made->current.reset();
  auto& mutation = made->mutation;
  if (stored == 0) {
    auto clear = begin();
    clear.delete_runs.push_back(key);
    CADENZA_TRY(commit(std::move(clear)));
    mutation.expected_version.reset();
  } else {
    mutation.expected_version = stored;
  }
  mutation.clear_pending = true;
  mutation.fixed = state.fixed().SerializeAsString();
  mutation.pending = pending_rows(state);
  CADENZA_TRY(commit(transaction_of(key, *made)));
  const auto row = wait_for<storage::read_result<storage::current_row>>([&](auto done) {
    scan_.store().shards().read_current(shard_, {key.domain_id, key.workflow_id}, std::move(done));
  });
  const bool named = row.value && row.value->run_id == key.run_id;
  if (named || state.open())
    return set_current(state);
  return {};
}

outcome<void> mender::refresh(workflow::run& run) {
  CADENZA_TRY(take());
  const replay_world world(scan_, shard_, run.key().domain_id, run.fixed().auto_reset_points().points_size());
  auto replayed =
      replay_stored(scan_, shard_, run.key(), run.current_branch().branch(), run.next_event_id(), world.env());
  if (!replayed)
    return replayed.error();
  workflow::transaction tx(run, world.env(), *replayed->events);
  workflow::refresh_tasks(tx);
  if (tx.missing())
    return cannot_refresh();
  auto made = tx.close(*ids_);
  if (!made)
    return made.error();
  return commit(transaction_of(run.key(), *made));
}

outcome<void> mender::set_current(const workflow::run& run) {
  CADENZA_TRY(take());
  auto tx = begin();
  tx.set_current =
      storage::current_write{{run.key().domain_id, run.key().workflow_id}, to_row(workflow::current_record(run))};
  return commit(std::move(tx));
}

outcome<void> mender::drop_current(const run_key& key) {
  CADENZA_TRY(take());
  auto tx = begin();
  tx.delete_current = storage::current_removal{{key.domain_id, key.workflow_id}, key.run_id};
  return commit(std::move(tx));
}

outcome<void> mender::write_branch(const run_key& key, const rec::HistoryBranch& branch) {
  CADENZA_TRY(take());
  rec::HistoryTree row;
  row.set_format(1);
  *row.mutable_branch() = branch;
  row.set_fork_time_ns(scan_.from.time->now_ns());
  row.set_domain_id(key.domain_id.raw());
  row.set_workflow_id(key.workflow_id);
  row.set_run_id(key.run_id.raw());
  const auto tree = uuid::from_raw(branch.tree_id());
  auto tx = begin();
  auto& write = tx.trees.emplace_back();
  write.tree_id = tree;
  write.expected_version = read_tree(tree).version;
  write.put.push_back({tree, uuid::from_raw(branch.branch_id()), row.SerializeAsString()});
  return commit(std::move(tx));
}

storage::history_tree mender::read_tree(const uuid& tree) const {
  return wait_for<storage::read_result<storage::history_tree>>(
             [&](auto done) { scan_.store().shards().read_tree(shard_, tree, std::move(done)); })
      .value.value_or(storage::history_tree{});
}

outcome<void> mender::drop_nodes(const uuid& tree, const uuid& branch) {
  CADENZA_TRY(take());
  const auto done = wait_for<storage::commit_result>([&](auto cb) {
    scan_.store().shards().drop_history({shard_, tasks_.range_id, {{tree, branch, 0, INT64_MAX}}}, std::move(cb));
  });
  if (done.outcome != storage::status::committed)
    return unavailable("the write was refused: " + done.message);
  return {};
}

outcome<void> mender::drop_branch_row(const uuid& tree, const uuid& branch) {
  CADENZA_TRY(take());
  const auto stored = read_tree(tree);
  auto tx = begin();
  auto& write = tx.trees.emplace_back();
  write.tree_id = tree;
  write.expected_version = stored.version;
  write.drop.push_back(branch);
  write.ends = std::all_of(stored.branches.begin(), stored.branches.end(),
                           [&](const branch_row& row) { return row.branch_id == branch; });
  return commit(std::move(tx));
}

outcome<void> mender::drop_run(const run_key& key) {
  CADENZA_TRY(take());
  auto tx = begin();
  tx.delete_runs.push_back(key);
  return commit(std::move(tx));
}

outcome<void> mender::drop_tasks(std::vector<std::int64_t> transfer, std::vector<timer_row> timers) {
  CADENZA_TRY(take());
  auto tx = begin();
  tx.delete_transfer = std::move(transfer);
  tx.delete_timers = std::move(timers);
  return commit(std::move(tx));
}

} // namespace cadenza::actors::verifying
