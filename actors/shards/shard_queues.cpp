#include "actors/matching/matching_mail.hpp"
#include "actors/shards/history_shard.hpp"
#include "actors/shards/run_removal.hpp"
#include "actors/visibility/visibility_mail.hpp"
#include "messages/invariant.hpp"

#include "actors/base/actor_path.hpp"
#include "actors/base/request_gate.hpp"
#include "actors/base/workload.hpp"
#include "actors/runs/run_commands.hpp"
#include "workflow/isolation.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace cadenza::actors {
namespace {

constexpr std::int64_t timer_retry_ns = ns_per_s;
constexpr int fire_batch = 500;
// Tries at a time, and the least pause between: others get their turn when a long queue begins to move again.
constexpr std::size_t retry_batch = 500;
constexpr std::int64_t retry_pause_ns = 20 * ns_per_ms;

uuid raw_id(const std::string& raw) { return uuid::from_raw(raw); }

bool only_visibility(record::v1::TransferType type) {
  return type == record::v1::TRANSFER_RECORD_STARTED || type == record::v1::TRANSFER_UPSERT ||
         type == record::v1::TRANSFER_DELETE_VISIBILITY;
}

} // namespace

// ---------------------------------------------------------------- transfer queue

void history_shard::load_transfer(std::int64_t after) {
  env_.store->shards().scan_transfer(index_, after, INT64_MAX, env_.settings.transfer_page,
                                     [self = me()](storage::page<transfer_row> page) {
                                       caf::anon_send(self, make_shard_mail(transfer_loaded{std::move(page)}));
                                     });
}

void history_shard::handle(transfer_loaded& loaded) {
  if (!loaded.page.usable())
    return end("its transfer queue cannot be read: " + loaded.page.message);
  std::int64_t last = 0;
  for (auto& range : loaded.page.unreadable) {
    last = range.last;
    lose_transfer(std::move(range));
  }
  for (const auto& row : loaded.page.rows) {
    last = std::max(last, row.task_id);
    record::v1::TransferTask task;
    if (!task.ParseFromString(row.value)) {
      lose_transfer({row.task_id, row.task_id, "its bytes are no task"});
      continue;
    }
    const auto* added = transfer_.add(task);
    if (added == nullptr)
      continue;
    env_.counters->transfer_pending.fetch_add(1, std::memory_order_relaxed);
    dispatch(*added);
  }
  if (!loaded.page.next.empty() && last != 0)
    return load_transfer(last);
  transfer_loaded_ = true;
  ready_if_loaded();
}

/// Carries out a task that comes from the store or is tried again.
void history_shard::dispatch(const record::v1::TransferTask& task) {
  const bool close = task.type() == record::v1::TRANSFER_CLOSE;
  const bool behind = !env_.store->able_to().keeps_lists; // else the lists have it already
  auto receipt = std::make_shared<task_receipt>(me(), false, 0, task.task_id(), close && behind ? 2 : 1);
  if (!behind && only_visibility(task.type()))
    return receipt->done();
  if (behind && (close || only_visibility(task.type()))) {
    std::vector<visibility_task> changes;
    changes.push_back({task, receipt});
    send(env_.routes->visibility(), std::make_shared<visibility_mail>(std::move(changes)));
    if (!close)
      return;
  }
  if (task.type() == record::v1::TRANSFER_DELETE_HISTORY)
    return remove_history({env_, index_, range_id_, sequence_, me()}, {task.branches().begin(), task.branches().end()},
                          std::move(receipt), [] {});
  if (stands_by(task, receipt))
    return;
  if (task.type() == record::v1::TRANSFER_DECISION || task.type() == record::v1::TRANSFER_ACTIVITY)
    return push_to_matching(task, std::move(receipt));
  carry_out(task, std::move(receipt));
}

void history_shard::push_to_matching(const record::v1::TransferTask& task, receipt_ptr receipt) {
  CADENZA_ASSERT(task.type() == record::v1::TRANSFER_DECISION || task.type() == record::v1::TRANSFER_ACTIVITY,
                 "what waits in a task list is a decision or an activity");
  if (env_.gate->tasks_limited()) {
    const auto domain = env_.domains->get()->find(raw_id(task.domain_id()));
    if (domain && !env_.gate->admit_task(*domain, task.workflow_id(), now())) {
      env_.counters->tasks_held_back.fetch_add(1, std::memory_order_relaxed);
      return; // the receipt that goes makes the shard try again
    }
  }
  auto out = std::make_shared<list_task>();
  const bool activity = task.type() == record::v1::TRANSFER_ACTIVITY;
  const auto& list_domain = activity && !task.target_domain_id().empty() ? task.target_domain_id() : task.domain_id();
  out->list = {raw_id(list_domain), task.task_list(), activity ? 1 : 0};
  out->kind = task.task_list_kind();
  out->workflow = {raw_id(task.domain_id()), task.workflow_id()};
  out->run_id = raw_id(task.run_id());
  out->schedule_id = task.schedule_id();
  out->attempt = activity ? task.attempt() : -1;
  out->version = task.version();
  out->created_ns = now();
  if (task.schedule_to_start_s() > 0)
    out->expiry_ns = out->created_ns + task.schedule_to_start_s() * ns_per_s;
  out->fallback_list = task.original_task_list();
  out->fallback_kind = task.original_task_list_kind();
  out->isolation_group = workflow::isolation_group_of(task);
  out->receipt = std::move(receipt);
  send(env_.routes->matching(), make_matching_mail(std::move(out)));
}

void history_shard::carry_out(const record::v1::TransferTask& task, receipt_ptr receipt) {
  const run_key key{raw_id(task.domain_id()), task.workflow_id(), raw_id(task.run_id())};
  if (auto flow = make_flow(place_of_flow(), task, receipt))
    return to_run(key, make_flow_step(std::move(flow)));
  to_run(key, make_auto_reset(task, std::move(receipt)));
}

void history_shard::on_over(const task_over& over) {
  if (over.timer) {
    const timer_queue::key key{over.fire_ns, over.task_id};
    if (over.done) {
      timers_.done(key);
      env_.counters->timers_in_memory.fetch_sub(1, std::memory_order_relaxed);
    } else {
      timers_.again(key, now() + timer_retry_ns);
      arm();
    }
    return;
  }
  if (over.done)
    on_transfer_over(over.task_id);
  else
    try_later(over.task_id, over.broken);
}

void history_shard::on_transfer_over(std::int64_t id) {
  if (transfer_.done(id))
    env_.counters->transfer_pending.fetch_sub(1, std::memory_order_relaxed);
}

void history_shard::try_later(std::int64_t id, bool patient) {
  transfer_.failed(id, now(), patient);
  arm_retries();
}

void history_shard::arm_retries() {
  const auto due = transfer_.next_due();
  if (due >= retries_armed_for_ns_)
    return;
  retries_armed_for_ns_ = due;
  const auto delay = std::clamp(due - now(), retry_pause_ns, transfer_tasks::patience_max_ns);
  delayed_send(this, std::chrono::nanoseconds(delay), retry_tick{++retries_generation_});
}

void history_shard::on_retries(std::uint64_t generation) {
  if (generation != retries_generation_)
    return;
  retries_armed_for_ns_ = INT64_MAX;
  for (const auto id : transfer_.take_due(now(), retry_batch)) {
    if (const auto* task = transfer_.find(id)) {
      dispatch(*task);
      continue;
    }
    env_.store->shards().scan_transfer(index_, id - 1, id, 1, [self = me(), id](storage::page<transfer_row> page) {
      caf::anon_send(self, make_shard_mail(transfer_read{id, std::move(page)}));
    });
  }
  arm_retries();
}

void history_shard::handle(transfer_read& read) {
  if (!transfer_.contains(read.task_id))
    return; // an operator has removed it meanwhile
  if (read.page.rows.empty()) {
    if (read.page.outcome == storage::status::committed)
      return on_transfer_over(read.task_id);
    for (auto& range : read.page.unreadable)
      lose_transfer(std::move(range));
    return try_later(read.task_id, true); // not there to be seen is not done
  }
  CADENZA_ASSERT(read.page.rows.front().task_id == read.task_id, "a task is read under its own id");
  record::v1::TransferTask task;
  if (task.ParseFromString(read.page.rows.front().value))
    return dispatch(task);
  // It stays among those that are not over.
  lose_transfer({read.task_id, read.task_id, "its bytes are no task"});
}

// ---------------------------------------------------------------- what cannot be read

void history_shard::lose_transfer(storage::unreadable_range range) {
  const bool known = !lost_transfer_.add(std::move(range));
  tell_lost(lost_transfer_, "transfer", "transfer tasks", known);
}

void history_shard::lose_timers(storage::unreadable_range range) {
  const bool known = !lost_timers_.add(std::move(range));
  tell_lost(lost_timers_, "timer", "timers that fire (ns)", known);
}

void history_shard::tell_lost(const lost_ranges& lost, const char* queue, const char* what, bool quiet) const {
  note_unreadable(env_, actor_path::of_shard(index_) + ", " + queue + " queue", lost.texts(what), quiet);
}

// ---------------------------------------------------------------- timer queue

void history_shard::load_timers() {
  if (timers_loading_)
    return;
  timers_loading_ = true;
  const auto up_to = now() + env_.settings.timer_window_ns;
  const auto from = timers_.window_end();
  // From now on commits in the new part of the window are taken up as they come; the scan brings the older ones.
  timers_.set_window_end(std::max(up_to, from));
  scan_timers(from, 0, up_to);
}

void history_shard::scan_timers(std::int64_t from_ns, std::int64_t from_id, std::int64_t up_to_ns) {
  env_.store->shards().scan_timers(index_, from_ns, from_id, up_to_ns, env_.settings.timer_page,
                                   [self = me(), up_to_ns](storage::page<timer_row> page) {
                                     caf::anon_send(self, make_shard_mail(timers_loaded{std::move(page), up_to_ns}));
                                   });
}

void history_shard::handle(timers_loaded& loaded) {
  CADENZA_ASSERT(timers_loading_, "timers come when they are being read; shard " + std::to_string(index_));
  if (!loaded.page.usable())
    return end("its timer queue cannot be read: " + loaded.page.message);
  std::int64_t next_ns = loaded.page.unreadable.empty() ? 0 : loaded.page.unreadable.back().last + 1;
  std::int64_t next_id = 0;
  for (auto& range : loaded.page.unreadable)
    lose_timers(std::move(range));
  if (!loaded.page.rows.empty() && loaded.page.rows.back().fire_ns >= next_ns) {
    next_ns = loaded.page.rows.back().fire_ns;
    next_id = loaded.page.rows.back().task_id + 1;
  }
  for (const auto& row : loaded.page.rows) {
    record::v1::TimerTask task;
    if (!task.ParseFromString(row.value)) {
      lose_timers({row.fire_ns, row.fire_ns, "the bytes of task " + std::to_string(row.task_id) + " are no timer"});
      continue;
    }
    if (timers_.add(std::move(task)))
      env_.counters->timers_in_memory.fetch_add(1, std::memory_order_relaxed);
  }
  arm();
  if (!loaded.page.next.empty())
    return scan_timers(next_ns, next_id, loaded.up_to_ns);
  timers_loading_ = false;
  timers_loaded_once_ = true;
  ready_if_loaded();
}

void history_shard::arm() {
  const auto due = timers_.next_due();
  if (!due || *due >= armed_for_ns_)
    return;
  armed_for_ns_ = *due;
  const auto delay = std::max<std::int64_t>(*due - now(), 0);
  delayed_send(this, std::chrono::nanoseconds(delay), tick{++generation_});
}

void history_shard::on_tick(std::uint64_t generation) {
  if (generation != generation_)
    return;
  armed_for_ns_ = INT64_MAX;
  if (phase_ != phase::ready) {
    // Nothing fires before the queues are loaded; look again soon.
    armed_for_ns_ = now() + 50 * ns_per_ms;
    delayed_send(this, std::chrono::milliseconds(50), tick{++generation_});
    return;
  }
  for (int i = 0; i < fire_batch; ++i) {
    const auto at = now();
    auto task = timers_.take(at);
    if (!task)
      break;
    env_.work->timer_fired(std::max<std::int64_t>(0, at - task->fire_ns()));
    env_.counters->timers_fired.fetch_add(1, std::memory_order_relaxed);
    fire(*task);
  }
  arm();
}

void history_shard::fire(const record::v1::TimerTask& task) {
  auto receipt = std::make_shared<task_receipt>(me(), true, task.fire_ns(), task.task_id());
  if (stands_by(task, receipt))
    return;
  const run_key key{raw_id(task.domain_id()), task.workflow_id(), raw_id(task.run_id())};
  to_run(key, make_timer(task, std::move(receipt)));
}

// ---------------------------------------------------------------- how far the queues are done

void history_shard::write_acks() {
  if (acks_in_flight_)
    return;
  const auto settled = sequence_->settled_below();
  // A timer level is safe once every transaction that drew its ids before the level was taken is over: their timers are
  // known by then, and those of later ones fire no earlier than the level.
  if (!timers_loading_ && (candidate_sequence_ == 0 || settled >= candidate_sequence_)) {
    const auto undone = timers_.earliest_undone().value_or(INT64_MAX);
    timer_level_ns_ = std::max(timer_level_ns_, std::min(timer_level_candidate_ns_, undone));
    timer_level_candidate_ns_ = std::min(now(), timers_.window_end()) / ns_per_ms * ns_per_ms;
    candidate_sequence_ = sequence_->raise_timer_floor(timer_level_candidate_ns_);
  }

  const auto transfer_level = transfer_.level(settled);
  CADENZA_ASSERT(timer_level_ns_ <= timers_.window_end(),
                 "timers are done no further than they were read; shard " + std::to_string(index_));
  CADENZA_ASSERT(transfer_level < sequence_->next(),
                 "ids that were not given out are not done; shard " + std::to_string(index_));
  row_.set_updated_ns(now());
  const bool applied = take_over_applied();
  if (transfer_level <= transfer_done_ && timer_level_ns_ <= timers_done_ns_ && !applied)
    return;
  transfer_done_ = std::max(transfer_done_, transfer_level);
  timers_done_ns_ = std::max(timers_done_ns_, timer_level_ns_);
  row_.set_transfer_ack(std::max(row_.transfer_ack(), lost_transfer_.held_back(transfer_done_)));
  row_.set_timer_ack_ns(std::max(row_.timer_ack_ns(), lost_timers_.held_back(timers_done_ns_)));
  CADENZA_ASSERT(row_.transfer_ack() <= transfer_done_ && row_.timer_ack_ns() <= timers_done_ns_,
                 "a stored level is not ahead of what is done; shard " + std::to_string(index_));
  acks_in_flight_ = true;
  storage::shard_update update;
  update.shard = index_;
  update.expected_range_id = range_id_;
  update.new_range_id = range_id_;
  update.value = row_.SerializeAsString();
  env_.store->shards().update_shard(std::move(update), [self = me()](storage::commit_result result) {
    caf::anon_send(self, make_shard_mail(acks_written{std::move(result)}));
  });
}

void history_shard::handle(acks_written& written) {
  CADENZA_ASSERT(acks_in_flight_, "levels are written one after the other; shard " + std::to_string(index_));
  acks_in_flight_ = false;
  if (written.result.outcome == storage::status::condition_failed)
    return end("somebody else has taken the shard");
  if (written.result.outcome != storage::status::committed)
    return;
  storage::shard_cleanup cleanup;
  cleanup.shard = index_;
  cleanup.transfer_up_to = transfer_done_;
  cleanup.timers_before_ns = timers_done_ns_;
  cleanup.replication_up_to = applied_by_all();
  cleanup.keep_transfer = lost_transfer_.all();
  cleanup.keep_timers = lost_timers_.all();
  env_.store->shards().cleanup(cleanup, [&env = env_, index = index_](storage::commit_result result) {
    if (result.outcome != storage::status::committed)
      env.log(log::level::warn, {field::shard(index), field::error(result.message)},
              "finished tasks of shard {shard} were not dropped: {error}");
  });
}

} // namespace cadenza::actors
