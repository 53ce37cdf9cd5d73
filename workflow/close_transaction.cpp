#include "messages/invariant.hpp"
#include "workflow/activity.hpp"
#include "workflow/checksum.hpp"
#include "workflow/close.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/reset_points.hpp"
#include "workflow/start.hpp"
#include "workflow/task_refresh.hpp"
#include "workflow/timer.hpp"
#include "workflow/transaction.hpp"
#include "workflow/version_history.hpp"

#include <algorithm>
#include <string>

namespace cadenza::workflow {
namespace {

constexpr std::int64_t header_format = 1;

bool replicated(const environment& env) { return env.domain->global() && env.domain->row.domain().clusters_size() > 1; }

/// Whether other clusters must be told of an activity although no event says so.
bool needs_sync(const rec::PendingActivity& before, const rec::PendingActivity& now) {
  if (!now.has_retry_policy()) { // events tell of its start and its end; one that waits for its number tells nobody yet
    const auto told_ns = before.started_id() >= first_event_id ? before.last_heartbeat_ns() : now.started_ns();
    return now.started_id() >= first_event_id && now.last_heartbeat_ns() != told_ns;
  }
  return before.attempt() != now.attempt() || before.started_ns() != now.started_ns() ||
         before.request_id() != now.request_id() || before.last_heartbeat_ns() != now.last_heartbeat_ns();
}

/// Whether an activity may be in another state, here or elsewhere, than its events tell.
bool may_be_untold(const rec::PendingActivity& now) {
  return now.has_retry_policy() || now.started_id() != no_event_id;
}

std::string tree_row_of(const rec::HistoryBranch& branch, const run_key& key, std::int64_t now_ns) {
  rec::HistoryTree tree;
  tree.set_format(1);
  *tree.mutable_branch() = branch;
  tree.set_fork_time_ns(now_ns);
  tree.set_domain_id(key.domain_id.raw());
  tree.set_workflow_id(key.workflow_id);
  tree.set_run_id(key.run_id.raw());
  return tree.SerializeAsString();
}

std::optional<std::int64_t> last_write_version(const rec::Run& head) {
  const auto& histories = head.version_histories();
  if (histories.current() >= histories.branches_size())
    return std::nullopt;
  return last_version(histories.branches(histories.current()));
}

void put_key(pending_row& row, std::int64_t number) { row.number = number; }
void put_key(pending_row& row, const std::string& text) { row.text = text; }

template <class Key, class Record, class Index>
void write_changes(run_mutation& mutation, pending_kind kind, tracked_map<Key, Record, Index>& map) {
  map.for_each_change([&](const Key& key, const Record* now) {
    auto& row = mutation.pending.emplace_back();
    row.kind = kind;
    put_key(row, key);
    if (now == nullptr)
      return;
    row.value = now->SerializeAsString();
  });
  map.accept();
}

} // namespace

struct transaction::id_block {
  std::int64_t next = 0;
  std::int64_t take() { return next++; }
};

/// What is buffered is written once more, all at once, when the decision is over.
bool transaction::too_much_buffered() const {
  if (run_.head_.buffered_batches() >= env_.limits->max_buffered_batches)
    return true;
  std::size_t bytes = 0;
  for (const auto& [number, row] : run_.buffered_)
    bytes += row.ByteSizeLong();
  for (const auto& event : unnumbered_)
    bytes += event.ByteSizeLong();
  return bytes > static_cast<std::size_t>(env_.limits->transaction_size_max) / 2;
}

void transaction::prepare_close() {
  if (!passive_ && run_.open() && run_.has_started_decision() && too_much_buffered()) {
    fail_started_decision(*this, api::DECISION_TASK_FAILED_CAUSE_FORCE_CLOSE_DECISION, {},
                          std::string(history_identity));
    schedule_decision(*this);
  }
  if (!passive_ && run_.open() && run_.children_.empty() && bad_reset_point(run_, env_) != nullptr)
    add_transfer(rec::TRANSFER_RESET);

  // What came behind a decision waits in the store until that is over; a closed run has nobody left to tell of it.
  drop_taken_timers();
  if (run_.closed())
    drop_buffered();
  else if (run_.has_started_decision())
    store_buffered();
  else if (!passive_)
    flush_buffered();
  CADENZA_ASSERT(unnumbered_.empty(), "no event is left without a number or a place in the buffer");
  CADENZA_ASSERT(!out_.next || run_.closed(), "only a run that has ended is followed by another one");
  std::erase_if(batches_, [](const auto& batch) { return batch->events().empty(); });

  // Made from the state as it is now, not by each rule: one timer for all activities, and one for all user timers.
  if (run_.open()) {
    schedule_activity_timers(*this);
    schedule_user_timers(*this);
  }
  settle_upserts();
  out_.closed_run = run_.closed() && saved_head_.state() != run_state::completed;
  auto& head = run_.head_;
  CADENZA_ASSERT(head.state() != run_state::none, "a run has begun when it is written");
  head.set_format(header_format);
  // Another cluster may have told of an activity by a later version than it has written events.
  head.set_current_version(passive_ ? std::max(version_, saved_head_.current_version()) : version_);
  head.set_last_updated_ns(env_.now_ns);
  if (!batches_.empty() && !passive_) {
    auto& histories = *head.mutable_version_histories();
    CADENZA_ASSERT(histories.current() < histories.branches_size(), "a run with events has a history branch");
    auto& branch = *histories.mutable_branches(histories.current());
    for (const auto& batch : batches_) {
      CADENZA_ASSERT(batch->events(0).event_id() > last_event_id(branch), "event ids never go back");
      CADENZA_ASSERT(batch->events(0).version() == batch->events().rbegin()->version(),
                     "the events of a batch have one version");
      for (const auto& e : batch->events())
        append_event(branch, e.event_id(), e.version());
    }
    CADENZA_ASSERT(last_event_id(branch) + 1 == head.next_event_id(), "the next event id follows the last event");
    head.set_last_first_event_id(batches_.back()->events(0).event_id());
  }
  if (out_.closed_run)
    add_close_tasks(*this);
  if (replicated(env_) && !passive_)
    add_replication_tasks();
}

void transaction::settle_upserts() {
  const auto asked = std::erase_if(out_.transfer, [](const auto& task) { return task.type() == rec::TRANSFER_UPSERT; });
  // One record says it all, and that of the close says it for a run that is over.
  if (asked > 0 && run_.open())
    add_upsert_task(*this);
}

void transaction::add_replication_tasks() {
  const auto add = [&](rec::ReplicationType type, std::int64_t version) -> rec::ReplicationTask& {
    auto& task = out_.replication.emplace_back();
    task.set_format(1);
    task.set_type(type);
    task.set_domain_id(run_.key_.domain_id.raw());
    task.set_workflow_id(run_.key_.workflow_id);
    task.set_run_id(run_.key_.run_id.raw());
    task.set_version(version);
    task.set_created_ns(env_.now_ns);
    return task;
  };
  for (const auto& batch : batches_) {
    const auto& events = batch->events();
    auto& task = add(rec::REPLICATION_HISTORY, events.begin()->version());
    task.set_first_event_id(events.begin()->event_id());
    task.set_next_event_id(events.rbegin()->event_id() + 1);
    *task.mutable_branch() = run_.current_branch().branch();
  }
  // Each cluster knows of activities what it was told so far, and one that loses the run to this version goes back to
  // what is in events. So the first write of a version says for all of them how things stand from now on.
  const auto was = last_write_version(saved_head_);
  if (was && *was != run_.last_write_version() && run_.open()) {
    std::vector<std::int64_t> told;
    for (const auto& [schedule_id, now] : run_.activities_)
      if (may_be_untold(now))
        told.push_back(schedule_id);
    for (const auto schedule_id : told) {
      if (auto& now = *run_.activities_.edit(schedule_id); now.version() < version_) {
        now.set_version(version_);
        add_activity_task(*this, now); // the one there is names the version before
      }
      add(rec::REPLICATION_SYNC_ACTIVITY, version_).set_scheduled_id(schedule_id);
    }
    return;
  }
  run_.activities_.for_each_change([&](std::int64_t schedule_id, const rec::PendingActivity* now) {
    const auto* before = run_.activities_.original(schedule_id);
    if (now != nullptr && before != nullptr && needs_sync(*before, *now))
      add(rec::REPLICATION_SYNC_ACTIVITY, now->version()).set_scheduled_id(schedule_id);
  });
}

std::int64_t transaction::count_ids() const {
  std::size_t n = out_.transfer.size() + out_.timers.size() + out_.replication.size() + aside_.size();
  for (const auto& batch : batches_)
    n += passive_ ? 1U : static_cast<std::size_t>(batch->events_size());
  return static_cast<std::int64_t>(n);
}

void transaction::number_events(id_block& ids) {
  if (passive_) { // events keep the ids of their writer; only their place in the store is this shard's
    for (std::size_t i = 0; i < batches_.size() + aside_.size(); ++i)
      txn_ids_.push_back(ids.take());
    return;
  }
  for (const auto& batch : batches_)
    for (auto& e : *batch->mutable_events())
      e.set_task_id(ids.take());
  if (!batches_.empty())
    run_.head_.set_last_event_task_id(batches_.back()->events().rbegin()->task_id());
}

void transaction::number_tasks(id_block& ids, std::int64_t earliest_timer_ns) {
  for (auto& task : out_.transfer)
    task.set_task_id(ids.take());
  for (auto& task : out_.timers) {
    task.set_task_id(ids.take());
    if (task.fire_ns() < earliest_timer_ns)
      task.set_fire_ns(earliest_timer_ns);
  }
}

void transaction::number_replication(id_block& ids) {
  for (auto& task : out_.replication)
    task.set_task_id(ids.take());
}

void transaction::append_node(const api::History& batch, const rec::HistoryBranch& branch, std::int64_t txn_id) {
  const auto tree_id = uuid::from_raw(branch.tree_id());
  const auto branch_id = uuid::from_raw(branch.branch_id());
  CADENZA_ASSERT(tree_id != uuid{} && branch_id != uuid{}, "events are written to a branch that has a name");
  auto& node = out_.history.emplace_back();
  node.tree_id = tree_id;
  node.branch_id = branch_id;
  node.first_event_id = batch.events(0).event_id();
  node.txn_id = txn_id;
  node.batch = batch.SerializeAsString();
}

std::size_t transaction::write_history() {
  const auto txn_id = [&](std::size_t i, const api::History& batch) {
    return passive_ ? txn_ids_[i] : batch.events().rbegin()->task_id();
  };
  std::size_t i = 0;
  std::size_t bytes = 0;
  const bool begins = !batches_.empty() && saved_head_.row_version() == 0;
  for (auto& batch : batches_) {
    append_node(*batch, run_.current_branch().branch(), txn_id(i, *batch));
    ++i;
    bytes += out_.history.back().batch.size();
    out_.batches.push_back(std::move(batch));
  }
  batches_.clear();
  if (!passive_) // who takes over has counted them with their events
    run_.head_.set_history_size(run_.head_.history_size() + static_cast<std::int64_t>(bytes));
  for (const auto& [branch, batch] : aside_) {
    append_node(*batch, run_.head_.version_histories().branches(branch).branch(), txn_id(i, *batch));
    ++i;
    bytes += out_.history.back().batch.size();
  }
  aside_.clear();
  if (begins)
    begin_branch(run_.head_.version_histories().current(), {});
  return bytes;
}

void transaction::begin_branch(int branch, std::optional<std::int64_t> tree_version) {
  const auto& begun = run_.head_.version_histories().branches(branch).branch();
  out_.new_branch = branch_row{uuid::from_raw(begun.tree_id()), uuid::from_raw(begun.branch_id()),
                               tree_row_of(begun, run_.key_, env_.now_ns)};
  out_.tree_version = tree_version;
}

void transaction::write_rows() {
  auto& mutation = out_.mutation;
  auto& head = run_.head_;
  const auto before = saved_head_.row_version();
  CADENZA_ASSERT(head.row_version() == before, "the version of a run is raised by its write alone");
  CADENZA_ASSERT(head.next_event_id() >= saved_head_.next_event_id(), "events that are stored are not numbered again");
  CADENZA_ASSERT(saved_head_.state() != run_state::completed || run_.closed(), "a run that has ended stays so");
  CADENZA_ASSERT(run_.closed() == (head.close_status() != close_status::none),
                 "a run has a close status when it has ended, and only then");
  mutation.key = run_.key_;
  if (before > 0)
    mutation.expected_version = before;
  mutation.new_version = before + 1;
  head.set_row_version(before + 1);
  if (saved_fixed_ || before == 0)
    mutation.fixed = run_.fixed_.SerializeAsString();
  write_changes(mutation, pending_kind::activity, run_.activities_);
  write_changes(mutation, pending_kind::timer, run_.timers_);
  write_changes(mutation, pending_kind::child, run_.children_);
  write_changes(mutation, pending_kind::cancel_request, run_.cancel_requests_);
  write_changes(mutation, pending_kind::signal, run_.signals_);
  write_changes(mutation, pending_kind::signal_requested, run_.signal_requests_);
  write_changes(mutation, pending_kind::buffered, run_.buffered_);
  mutation.header = seal(head, counts_of(run_));
  if (before == 0 || head.state() != saved_head_.state() || head.close_status() != saved_head_.close_status() ||
      run_.last_write_version() != last_write_version(saved_head_))
    out_.current = current_record(run_);
}

error transaction::refuse_size(std::size_t bytes) {
  restart();
  return limit_exceeded("transaction size of " + std::to_string(bytes) + " bytes exceeds limit of " +
                        std::to_string(env_.limits->transaction_size_max) + " bytes");
}

void transaction::announce_next(transaction& next) {
  const auto told = std::find_if(out_.replication.rbegin(), out_.replication.rend(),
                                 [](const auto& task) { return task.type() == rec::REPLICATION_HISTORY; });
  if (told == out_.replication.rend())
    return;
  // The other clusters get the successor's first batch together with the event that announces it.
  *told->mutable_new_run_branch() = next.run_.current_branch().branch();
  CADENZA_ASSERT(!next.out_.replication.empty() && next.out_.replication.front().first_event_id() == first_event_id,
                 "a run that follows another one begins with its first event");
  next.out_.replication.erase(next.out_.replication.begin());
}

outcome<changes> transaction::close(task_id_source& ids) {
  CADENZA_ASSERT(!closed_, "a transaction closes once");
  if (too_large_ > 0)
    return refuse_size(too_large_);
  auto* next = out_.next ? out_.next->open.get() : nullptr;
  prepare_close();
  if (next != nullptr)
    next->prepare_close();
  if (next != nullptr && run_.head_.close_status() == close_status::continued_as_new)
    announce_next(*next);

  const auto own = count_ids();
  const auto others = next != nullptr ? next->count_ids() : 0;
  id_block block;
  if (own + others > 0)
    block.next = ids.reserve(own + others);
  CADENZA_ASSERT(own + others == 0 || block.next > 0, "ids of events and tasks are positive");
  out_.first_task_id = block.next;
  out_.task_id_count = own + others;
  number_events(block);
  if (next != nullptr) {
    next->out_.first_task_id = block.next;
    next->out_.task_id_count = others;
    next->number_events(block);
  }
  const auto earliest = ids.earliest_timer_ns();
  number_tasks(block, earliest);
  if (next != nullptr)
    next->number_tasks(block, earliest);
  number_replication(block);
  if (next != nullptr)
    next->number_replication(block);
  CADENZA_ASSERT(own + others == 0 || block.next == out_.first_task_id + out_.task_id_count,
                 "every id that was drawn is given to one event or task");
  CADENZA_ASSERT(next == nullptr || (next->out_.first_task_id >= out_.first_task_id &&
                                     next->out_.first_task_id + others <= block.next),
                 "the ids of a successor are among those that were drawn for both runs");

  // Until here everything can be undone; ids that were reserved for nothing are no harm.
  const auto size = write_history() + (next != nullptr ? next->write_history() : 0);
  if (size > static_cast<std::size_t>(env_.limits->transaction_size_max))
    return refuse_size(size);
  write_rows();
  closed_ = true;
  if (next != nullptr) {
    next->write_rows();
    next->closed_ = true;
    out_.next->made = std::move(next->out_);
    out_.next->open.reset();
  }
  if (out_.next) {
    out_.next->made.current.reset();
    CADENZA_ASSERT(!out_.next->made.mutation.expected_version && out_.next->state->open(),
                   "a successor is written as a new run that is open");
    out_.current = current_record(*out_.next->state);
  }
  return std::move(out_);
}

} // namespace cadenza::workflow
