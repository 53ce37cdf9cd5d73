#include "actors/shards/history_shard.hpp"

#include "actors/base/actor_path.hpp"
#include "actors/runs/received_matching.hpp"
#include "actors/runs/workflow_run.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace cadenza::actors {
namespace {

constexpr std::int64_t housekeeping_ns = ns_per_s;

struct housekeeping {};

} // namespace
} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::housekeeping)

namespace cadenza::actors {

history_shard::history_shard(caf::actor_config& cfg, const actor_context& env, int index)
  : supervised_actor(cfg), env_(env), index_(index), transfer_(env.settings.transfer_held) {
  CADENZA_ASSERT(index >= 0 && index < env.routes->shard_count(),
                 "a shard is one of those that the cluster has; shard " + std::to_string(index));
}

void history_shard::become(phase next) {
  CADENZA_ASSERT(static_cast<int>(next) == static_cast<int>(phase_) + 1,
                 "a shard reads its row, takes its range, loads its queues and is ready, in this order; shard " +
                     std::to_string(index_));
  phase_ = next;
}

caf::actor history_shard::me() { return caf::actor_cast<caf::actor>(this); }

void history_shard::on_exit() {
  for (auto& [key, run] : runs_)
    caf::anon_send_exit(run.handle, caf::exit_reason::kill);
  end_replicas();
  runs_.clear();
  by_address_.clear();
  workflows_.clear();
  before_ready_.clear();
  flows_.clear();
  flows_due_.clear();
  feeds_.clear();
  standby_.clear();
  standby_count_ = 0;
  env_.counters->timers_in_memory.fetch_sub(static_cast<std::int64_t>(timers_.size()), std::memory_order_relaxed);
  env_.counters->transfer_pending.fetch_sub(static_cast<std::int64_t>(transfer_.size()), std::memory_order_relaxed);
}

caf::behavior history_shard::make_behavior() {
  set_down_handler([this](caf::down_msg& down) {
    if (!on_replica_down(down))
      on_run_down(down);
  });
  acquire();
  delayed_send(this, std::chrono::nanoseconds(housekeeping_ns), housekeeping{});
  return with_common(caf::message_handler{
      [this](run_command_ptr& command) { on_command(std::move(command)); },
      [this](run_message_ptr& message) { on_message(std::move(message)); },
      [this](matching_message_ptr& message) {
        if (auto command = receive(env_, std::move(message)))
          on_command(std::move(command));
      },
      [this](shard_mail_ptr& mail) { on_mail(*mail); },
      [this](task_over& over) { on_over(over); },
      [this](tick& t) { on_tick(t.generation); },
      [this](retry_tick& t) { on_retries(t.generation); },
      [this](feed_tick) {
        feeds_armed_ = false;
        look_at_feeds();
      },
      [this](housekeeping) {
        on_housekeeping();
        delayed_send(this, std::chrono::nanoseconds(housekeeping_ns), housekeeping{});
      },
  });
}

void history_shard::on_mail(shard_mail& mail) {
  std::visit([this](auto& content) { handle(content); }, mail);
}

// ---------------------------------------------------------------- taking the shard

void history_shard::acquire() {
  become(phase::reading);
  env_.store->shards().read_shard(index_, [self = me()](storage::read_result<std::string> row) {
    caf::anon_send(self, make_shard_mail(shard_row_read{std::move(row)}));
  });
}

void history_shard::handle(shard_row_read& read) {
  if (read.row.outcome != storage::status::committed) {
    return end("the row of the shard cannot be read: " + read.row.message);
  }
  if (read.row.value && !row_.ParseFromString(*read.row.value))
    return end("the row of the shard is damaged");
  become(phase::acquiring);
  storage::shard_update update;
  update.shard = index_;
  update.expected_range_id = row_.range_id();
  update.new_range_id = row_.range_id() + 1;
  if (row_.owner() != env_.settings.identity)
    row_.set_stolen_since_renew(row_.stolen_since_renew() + 1);
  row_.set_format(1);
  row_.set_range_id(update.new_range_id);
  row_.set_owner(env_.settings.identity);
  row_.set_updated_ns(now());
  update.value = row_.SerializeAsString();
  env_.store->shards().update_shard(std::move(update),
                                    [self = me(), id = row_.range_id()](storage::commit_result result) {
                                      caf::anon_send(self, make_shard_mail(shard_acquired{std::move(result), id}));
                                    });
}

void history_shard::handle(shard_acquired& acquired) {
  if (acquired.result.outcome != storage::status::committed) {
    return end("the shard was not taken: " + acquired.result.message);
  }
  range_id_ = acquired.range_id;
  taken_ns_ = now();
  sequence_ = std::make_shared<shard_sequence>(range_id_);
  timer_level_ns_ = row_.timer_ack_ns();
  transfer_done_ = row_.transfer_ack();
  timers_done_ns_ = row_.timer_ack_ns();
  sequence_->raise_timer_floor(timer_level_ns_);
  timers_.set_window_end(timer_level_ns_);
  CADENZA_ASSERT(range_id_ > 0 && range_id_ == row_.range_id(),
                 "a shard that was taken has the range that was written");
  become(phase::loading);
  load_transfer(row_.transfer_ack());
  load_timers();
}

void history_shard::ready_if_loaded() {
  if (phase_ != phase::loading || !transfer_loaded_ || !timers_loaded_once_)
    return;
  become(phase::ready);
  constexpr bool quiet = true; // what is lost has been told as it was found
  tell_lost(lost_transfer_, "transfer", "transfer tasks", quiet);
  tell_lost(lost_timers_, "timer", "timers that fire (ns)", quiet);
  env_.log(log::level::debug, {field::shard(index_), field::range_id(range_id_)},
           "history shard {shard} ready, range id {range_id}");
  auto waiting = std::move(before_ready_);
  before_ready_.clear();
  for (auto& r : waiting) {
    if (auto* command = std::get_if<run_command_ptr>(&r))
      route(std::move(*command));
    else
      handle(std::get<start_request_ptr>(r));
  }
}

// ---------------------------------------------------------------- commits

void history_shard::handle(std::shared_ptr<commit_note>& note) {
  const workflow_key key{note->run.domain_id, note->run.workflow_id};
  if (note->result.outcome == storage::status::unknown_outcome) {
    // Its tasks may be stored without anybody having been told: taking the shard anew finds them.
    return end("nobody knows how a write ended: " + note->result.message);
  }
  if (note->result.outcome == storage::status::condition_failed &&
      note->result.failed == storage::condition::shard_range) {
    return end("somebody else has taken the shard");
  }
  if (note->result.outcome != storage::status::committed)
    return;
  CADENZA_ASSERT(range_id_ > 0, "runs write under the range of their shard; shard " + std::to_string(index_));
  CADENZA_ASSERT(note->lease, "ids of a commit count as under way until its shard has heard of it");

  tell_written(*note); // before they get any of the tasks
  // Before the row that makes it current: requests that wait for that must find it in memory.
  if (note->next)
    adopt(*std::exchange(note->next, std::nullopt));
  if (note->removed) {
    const auto run = runs_.find(note->run);
    if (run != runs_.end()) {
      send(run->second.handle, std::make_shared<run_mail>(quit_now{}));
      forget_run(note->run);
    }
    const auto workflow = workflows_.find(key);
    if (workflow != workflows_.end() && workflow->second.state == workflow_entry::knowledge::known) {
      // Whether it was the current one, and what is current now, the store knows best.
      workflow->second.state = workflow_entry::knowledge::none;
      drain(key);
    }
  }
  if (note->current) {
    auto& entry = workflows_[key];
    entry.state = workflow_entry::knowledge::known;
    entry.current = *std::move(note->current);
    if (entry.creating && entry.creating->raw() == entry.current->run_id())
      entry.creating.reset();
    // A refusal of what is being made may have been decided on an older row than this one.
    entry.told_meanwhile = entry.creating.has_value();
    drain(key);
  }
  take_transfer(*note);
  for (auto& task : note->timers) {
    CADENZA_ASSERT(shard_sequence::range_of(task.task_id()) == range_id_,
                   "timers that a shard is told of carry ids of its range; shard " + std::to_string(index_));
    CADENZA_ASSERT(task.fire_ns() >= timer_level_ns_,
                   "no timer fires before the level up to which all count as done; shard " + std::to_string(index_));
    if (timers_.add(std::move(task)))
      env_.counters->timers_in_memory.fetch_add(1, std::memory_order_relaxed);
  }
  for (const auto& timer : note->pointless_timers) {
    if (timers_.cancel(timer))
      env_.counters->timers_in_memory.fetch_sub(1, std::memory_order_relaxed);
  }
  arm();
  if (note->last_told != 0 && env_.clusters->any()) {
    note->lease.reset(); // its ids are settled from here on, and others may be told of them
    note_told(note->last_told);
  }
}

/// What runs in memory know is old when another actor has written them.
void history_shard::tell_written(const commit_note& note) {
  const auto tell = [&](const run_key& key) {
    const auto run = runs_.find(key);
    if (run != runs_.end() && note.by && run->second.handle->address() != note.by)
      send(run->second.handle, std::make_shared<run_mail>(written_by_another{}));
  };
  tell(note.run);
  std::for_each(note.also.begin(), note.also.end(), tell);
}

void history_shard::take_transfer(commit_note& note) {
  CADENZA_ASSERT(note.receipts.size() == note.transfer.size(), "each task of a commit has a receipt");
  for (std::size_t i = 0; i < note.transfer.size(); ++i) {
    CADENZA_ASSERT(shard_sequence::range_of(note.transfer[i].task_id()) == range_id_,
                   "tasks that a shard is told of carry ids of its range; shard " + std::to_string(index_));
    CADENZA_ASSERT(note.transfer[i].task_id() > transfer_done_ &&
                       note.receipts[i]->task_id() == note.transfer[i].task_id(),
                   "a task is not done before its shard has heard of it; shard " + std::to_string(index_));
    const auto* added = transfer_.add(note.transfer[i]);
    if (added == nullptr)
      continue;
    env_.counters->transfer_pending.fetch_add(1, std::memory_order_relaxed);
    const auto& task = *added;
    const bool family = note.has_family;
    auto& receipt = note.receipts[i];
    switch (task.type()) {
    case record::v1::TRANSFER_DECISION:
    case record::v1::TRANSFER_ACTIVITY:
      if (!stands_by(task, receipt))
        push_to_matching(task, std::move(receipt));
      break;
    case record::v1::TRANSFER_RECORD_STARTED:
    case record::v1::TRANSFER_UPSERT:
    case record::v1::TRANSFER_DELETE_VISIBILITY: break; // the visibility writer has it already
    case record::v1::TRANSFER_DELETE_HISTORY: break;    // whoever removes the run is at it
    case record::v1::TRANSFER_CLOSE:
      if (family && !stands_by(task, receipt))
        carry_out(task, std::move(receipt));
      break;
    default:
      if (!stands_by(task, receipt))
        carry_out(task, std::move(receipt));
      break;
    }
  }
}

void history_shard::on_housekeeping() {
  evict();
  look_at_flows();
  if (phase_ != phase::ready)
    return;
  look_at_feeds();
  if (sequence_->exhausted())
    return end("the task ids of this range are used up");
  if (timers_.window_end() - now() < env_.settings.timer_window_ns / 2)
    load_timers();
  if (const auto due = timers_.next_due(); due && *due <= now())
    on_tick(generation_); // the clock was set forward: the wake-up counts by another one
  if (now() - row_.updated_ns() >= env_.settings.cleanup_interval_ns)
    write_acks();
}

void history_shard::handle(waits_over&) {
  for (const auto& [key, run] : runs_)
    send(run.handle, std::make_shared<run_mail>(waits_over{}));
}

// ---------------------------------------------------------------- operators

void history_shard::handle(shard_query& query) {
  std::vector<std::pair<std::string, std::int64_t>> out;
  switch (query.what) {
  case shard_query::kind::describe:
    out.emplace_back("range_id", range_id_);
    out.emplace_back("runs", static_cast<std::int64_t>(runs_.size()));
    out.emplace_back("transfer_pending", static_cast<std::int64_t>(transfer_.size()));
    out.emplace_back("transfer_in_memory", static_cast<std::int64_t>(transfer_.held()));
    out.emplace_back("standby", static_cast<std::int64_t>(standby_count_));
    out.emplace_back("transfer_ack", row_.transfer_ack());
    out.emplace_back("next_task_id", sequence_ ? sequence_->next() : 0);
    out.emplace_back("timers_in_memory", static_cast<std::int64_t>(timers_.size()));
    out.emplace_back("timer_ack_ns", row_.timer_ack_ns());
    out.emplace_back("timer_window_end_ns", timers_.window_end());
    break;
  case shard_query::kind::list_runs: {
    std::vector<std::pair<std::string, caf::actor>> found;
    found.reserve(runs_.size());
    for (const auto& [key, run] : runs_)
      found.emplace_back(actor_path::name_of_run(env_, key), run.handle);
    return query.runs(std::move(found));
  }
  case shard_query::kind::kill_run:
    for (auto& [key, run] : runs_) {
      const auto path = actor_path::name_of_run(env_, key);
      // An empty text means any run: what chaos asks for.
      if (query.text.empty() || path == query.text) {
        caf::anon_send_exit(run.handle, caf::exit_reason::kill);
        out.emplace_back(path, 1);
        break;
      }
    }
    break;
  case shard_query::kind::kill_replica:
    for (auto& [key, replica] : replicas_)
      if (actor_path::name_of_replica(env_, key) == query.text) {
        caf::anon_send_exit(replica.handle, caf::exit_reason::kill);
        out.emplace_back(query.text, 1);
        break;
      }
    break;
  case shard_query::kind::kill_self:
    out.emplace_back("killed", 1);
    quit(caf::exit_reason::kill);
    break;
  }
  if (query.answer)
    query.answer(std::move(out));
}

} // namespace cadenza::actors
