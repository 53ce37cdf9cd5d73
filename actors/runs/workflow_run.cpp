#include "actors/runs/workflow_run.hpp"
#include "actors/visibility/visibility_mail.hpp"

#include "actors/runs/persist.hpp"
#include "actors/runs/run_commands.hpp"
#include "actors/runs/run_warnings.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace cadenza::actors {
namespace {

constexpr int tries_max = 5;
constexpr std::int64_t request_memory_ns = 3LL * 3600 * ns_per_s;
constexpr std::size_t queue_max = 10'000; ///< commands that wait for one run

bool for_visibility(record::v1::TransferType type) {
  return type == record::v1::TRANSFER_RECORD_STARTED || type == record::v1::TRANSFER_UPSERT ||
         type == record::v1::TRANSFER_CLOSE || type == record::v1::TRANSFER_DELETE_VISIBILITY;
}

/// Runs when a commit is over, on the store's thread: tells the shard, the visibility writer and the run, in this
/// order, so that whoever hears of the commit from the run finds it in the lists.
void after_commit(const std::shared_ptr<commit_note>& note, storage::commit_result result, const services& env,
                  const caf::actor& shard, const caf::actor& run) {
  note->result = result;
  std::vector<visibility_task> visible;
  if (result.outcome == storage::status::committed) {
    note->receipts.reserve(note->transfer.size());
    for (const auto& task : note->transfer) {
      const bool shown = for_visibility(task.type());
      const bool both = shown && task.type() == record::v1::TRANSFER_CLOSE && note->has_family;
      note->receipts.push_back(std::make_shared<task_receipt>(shard, false, 0, task.task_id(), both ? 2 : 1));
      if (shown)
        visible.push_back({task, note->receipts.back()});
    }
  }
  caf::anon_send(shard, make_shard_mail(note));
  if (!visible.empty())
    caf::anon_send(env.routes->visibility(), std::make_shared<visibility_mail>(std::move(visible)));
  caf::anon_send(run, std::make_shared<run_mail>(run_committed{std::move(result)}));
}

} // namespace

class workflow_run::cached_events final : public workflow::event_source {
public:
  explicit cached_events(history_cache& cache) : cache_(cache) {}
  const uber::cadence::api::v1::HistoryEvent* find(std::int64_t event_id, std::int64_t) override {
    return cache_.find(event_id);
  }

private:
  history_cache& cache_;
};

workflow_run::workflow_run(caf::actor_config& cfg, const services& env, int shard_index, std::int64_t range_id,
                           std::shared_ptr<shard_sequence> sequence, caf::actor shard, run_key key,
                           std::shared_ptr<workflow::run> state,
                           std::vector<std::shared_ptr<const uber::cadence::api::v1::History>> batches, bool fresh)
  : supervised_actor(cfg), env_(env), shard_index_(shard_index), range_id_(range_id), sequence_(std::move(sequence)),
    shard_(std::move(shard)), key_(std::move(key)), phase_(fresh              ? phase::fresh
                                                           : state != nullptr ? phase::ready
                                                                              : phase::absent),
    state_(std::move(state)), cache_(env.settings.history_cache_per_run) {
  const auto others = env_.counters->runs_in_memory.fetch_add(1, std::memory_order_relaxed);
  CADENZA_ASSERT(others >= 0, "each run in memory is counted once, and counted off once");
  if (fresh)
    state_ = std::make_shared<workflow::run>(key_);
  for (auto& batch : batches) {
    if (batch->events_size() > 0) {
      const auto first = batch->events(0).event_id();
      cache_.append(batch->SerializeAsString(), batch, first, first + batch->events_size());
    }
  }
}

workflow_run::~workflow_run() = default;

void workflow_run::on_exit() {
  // Not in the destructor: a message that waits in a clock may keep what is left of the actor beyond the engine's end.
  env_.counters->runs_in_memory.fetch_sub(1, std::memory_order_relaxed);
  env_.counters->run_bytes.fetch_sub(reported_bytes_, std::memory_order_relaxed);
  reported_bytes_ = 0;
  // Dropped commands answer UNAVAILABLE; dropped receipts make their owners try again.
  queue_.clear();
  committing_.reset();
  handed_ = {};
  waiters_.clear();
  queries_.clear();
}

caf::actor workflow_run::me() { return caf::actor_cast<caf::actor>(this); }

caf::behavior workflow_run::make_behavior() {
  return with_common(caf::message_handler{
      [this](run_command_ptr& command) {
        if (queue_.size() >= queue_max)
          return command->failed(service_busy("too many requests wait for run " + key_.run_id.str()));
        queue_.push_back(std::move(command));
        work();
      },
      [this](run_mail_ptr& mail) { on_mail(*mail); },
  });
}

void workflow_run::on_mail(run_mail& mail) {
  std::visit([this](auto& content) { handle(content); }, mail);
}

void workflow_run::do_next(run_command_ptr command) {
  queue_.push_front(std::move(command));
  work();
}

// ---------------------------------------------------------------- loading

void workflow_run::load() {
  become(phase::loading);
  env_.store->shards().read_run(shard_index_, key_, [self = me()](storage::read_result<run_rows> rows) {
    caf::anon_send(self, std::make_shared<run_mail>(run_loaded{std::move(rows)}));
  });
}

void workflow_run::handle(run_loaded& loaded) {
  if (phase_ == phase::outdated)
    return load();
  CADENZA_ASSERT(phase_ == phase::loading, "a run's rows come when they are being read");
  if (loaded.rows.outcome == storage::status::corrupted)
    return give_up({error_kind::internal_data_inconsistency, "stored run is damaged: " + loaded.rows.message});
  if (loaded.rows.outcome != storage::status::committed)
    return give_up(unavailable("the store cannot read now: " + loaded.rows.message));
  if (!loaded.rows.value)
    return give_up(no_workflow(key_.workflow_id, key_.run_id));
  auto state = workflow::run::load(key_, *loaded.rows.value);
  if (!state) {
    env_.log(3, "run " + key_.workflow_id + "/" + key_.run_id.str() + " cannot be read: " + state.error().message);
    return give_up(state.error());
  }
  env_.counters->runs_loaded.fetch_add(1, std::memory_order_relaxed);
  state_ = std::make_shared<workflow::run>(*std::move(state));
  become(phase::ready);
  cache_.clear();
  report_use();
  wake_waiters();
  work();
}

/// An earlier actor of this run had a transaction under way when it died, and it has been written: what was read before
/// that is old. A transaction of ours on top of it is refused by the store, and then the state is read again as well.
void workflow_run::handle(written_by_another&) {
  if (phase_ == phase::loading)
    return become(phase::outdated);
  if (phase_ != phase::ready && phase_ != phase::fetching)
    return;
  drop_state();
  become(phase::absent);
  if (!waiters_.empty() && queue_.empty())
    return load(); // they want to hear what is new
  work();
}

void workflow_run::drop_state() {
  state_.reset();
  cache_.clear();
  live_timers_.clear();
  wanted_.reset();
}

/// Everything that waits fails the same way.
void workflow_run::give_up(const error& reason) {
  if (phase_ == phase::loading)
    become(phase::absent);
  auto waiting = std::move(queue_);
  queue_.clear();
  for (auto& command : waiting)
    command->failed(reason);
  auto sleeping = std::move(waiters_);
  waiters_.clear();
  for (auto& waiter : sleeping)
    waiter.wake(*this, false);
}

void workflow_run::fetch_event(const workflow::missing_event& missing) {
  wanted_ = missing;
  become(phase::fetching);
  read_events(missing.batch_first_id, missing.batch_first_id + 1, 1, INT64_MAX,
              [self = me(), first = missing.batch_first_id](outcome<history_slice> slice) {
                storage::page<storage::history_node> page;
                if (slice)
                  page.rows.push_back({first, 0, std::move(slice->bytes)});
                else
                  page.outcome = storage::status::unavailable;
                caf::anon_send(self, std::make_shared<run_mail>(event_read{std::move(page), first}));
              });
}

void workflow_run::handle(event_read& read) {
  if (phase_ != phase::fetching || wanted_->batch_first_id != read.batch_first_id)
    return; // the state it was for has been dropped since
  const auto wanted = *std::exchange(wanted_, std::nullopt);
  become(phase::ready);
  if (read.page.outcome != storage::status::committed || read.page.rows.empty())
    return give_up(unavailable("history cannot be read now"));
  auto batch = std::make_shared<uber::cadence::api::v1::History>();
  if (!batch->ParseFromString(read.page.rows.front().batch) || batch->events_size() == 0)
    return give_up({error_kind::internal_data_inconsistency, "a stored batch of events is damaged"});
  cache_.keep(std::move(batch));
  if (cache_.find(wanted.event_id) == nullptr) // asking again would find the same
    return give_up({error_kind::internal_data_inconsistency, "a stored batch of events lacks one"});
  work();
}

// ---------------------------------------------------------------- working

void workflow_run::work() {
  while (!queue_.empty()) {
    switch (phase_) {
    case phase::left:
      send_back(std::move(queue_.front()), false);
      queue_.pop_front();
      break;
    case phase::absent: return load();
    case phase::fresh:
    case phase::ready: {
      auto command = std::move(queue_.front());
      queue_.pop_front();
      execute(std::move(command));
      break;
    }
    case phase::making:
    case phase::loading:
    case phase::outdated:
    case phase::fetching:
    case phase::committing: return; // goes on when that is over
    }
  }
}

void workflow_run::execute(run_command_ptr command) {
  const auto directory = env_.domains->get();
  domain_ = directory->find(key_.domain_id);
  if (!domain_) {
    not_made();
    return command->failed(no_domain(key_.domain_id.str()));
  }
  if (phase_ != phase::fresh && !state_->open() && !command->named && command->wants_open_run() &&
      command->tries < tries_max)
    return send_back(std::move(command), true);

  const auto rules = env_.rules_for(*domain_);
  workflow::oversized seen;
  workflow::environment world{
      env_.time->now_ns(), env_.chance,           domain_,      directory,
      rules.get(),         env_.settings.cluster, shard_index_, env_.warnings ? &seen : nullptr};
  if (command->needs_ids())
    command->ids = std::make_shared<sequence_lease>(sequence_);
  if (phase_ == phase::fresh && command->builds()) {
    auto built = command->build(world);
    if (!built) {
      not_made();
      return command->failed(built.error());
    }
    state_ = std::shared_ptr<workflow::run>(std::move((*built)->state));
    if (env_.warnings != nullptr)
      warn_of_growth(*env_.warnings, *rules, *domain_, *state_, {}, seen);
    auto lease = command->ids;
    return submit(std::move(command), std::move((*built)->made), std::move(lease), {}, *rules);
  }
  const auto before = env_.warnings != nullptr ? run_measures::of(*state_) : run_measures{};
  cached_events events(cache_);
  workflow::transaction tx(*state_, world, events);
  const auto acted = command->act(tx);
  if (!acted) {
    if (tx.missing()) {
      const auto missing = *tx.missing();
      queue_.push_front(std::move(command));
      return fetch_event(missing);
    }
    not_made();
    return command->failed(acted.error());
  }
  cache_.trim_kept();
  if (!command->changed())
    return command->finished(*this);
  handed_tasks handed;
  handed.start(tx, env_, !queue_.empty());
  // Ids of a run made inside the command are settled with this transaction, not before.
  auto lease = command->ids ? command->ids : std::make_shared<sequence_lease>(sequence_);
  auto made = tx.close(*lease);
  if (!made) {
    handed.give_back(env_);
    if (made.error().kind == error_kind::limit_exceeded && state_->open() && phase_ != phase::fresh) {
      if (std::string_view(command->name()) == size_limit_terminate_name) // must not go round for ever
        env_.log(3, "run " + key_.workflow_id + " " + key_.run_id.str() +
                        " is too large to be ended: " + made.error().message);
      else
        queue_.push_front(make_size_limit_terminate(key_));
    }
    not_made();
    return command->failed(made.error());
  }
  if (env_.warnings != nullptr)
    warn_of_growth(*env_.warnings, *rules, *domain_, *state_, before, seen);
  submit(std::move(command), *std::move(made), std::move(lease), std::move(handed), *rules);
}

/// With strong idempotency the ids of the command's requests outlive the run.
void workflow_run::remember_requests(storage::shard_transaction& tx, const run_command& command) const {
  const auto now = env_.time->now_ns();
  for (const auto& mark : command.remembered) {
    if (!mark.request_id.empty())
      tx.requests.push_back({{key_.domain_id, key_.workflow_id},
                             mark.kind,
                             state_->head().current_version(),
                             mark.request_id,
                             mark.run_id.value_or(key_.run_id),
                             now,
                             now + request_memory_ns});
  }
}

/// The command that should have made the run failed: the shard may make another one.
void workflow_run::not_made() {
  if (!is_new())
    return;
  become(phase::left);
  caf::anon_send(shard_, make_shard_mail(create_refused{nullptr, key_, {}}));
}

void workflow_run::submit(run_command_ptr command, workflow::changes made, std::shared_ptr<sequence_lease> lease,
                          handed_tasks handed, const workflow::rules& rules) {
  auto note = std::make_shared<commit_note>();
  note->run = key_;
  note->lease = std::move(lease);
  note->current = made.current;
  note->pointless_timers = pointless_timers();
  note->has_family = state_->has_parent() || !state_->children().empty();
  // The store takes the batches' bytes; copying them costs less than serializing them again for the cache.
  pending_bytes_.clear();
  for (const auto& node : made.history)
    pending_bytes_.push_back(node.batch);
  CADENZA_ASSERT(pending_bytes_.size() == made.batches.size(), "each batch is written once");
  CADENZA_ASSERT(made.mutation.key == key_, "a run writes itself");
  auto tx = to_store(shard_index_, range_id_, key_, made, command->creates());
  if (rules.strong_idempotency)
    remember_requests(tx, *command);

  // Timers too far ahead to be in the shard's memory are deleted where they are stored.
  const auto near = env_.time->now_ns() + env_.settings.timer_window_ns;
  std::erase_if(note->pointless_timers, [&](const auto& timer) {
    if (timer.first <= near)
      return false;
    tx.delete_timers.push_back({timer.first, timer.second, {}});
    return true;
  });

  note->transfer = std::move(made.transfer);
  remember_timers(made.timers); // forgotten with the rest of the state when the write does not succeed
  note->timers = std::move(made.timers);
  note->by = address();
  if (made.next) {
    auto& next = *made.next;
    note->next = adopted_run{next.state->key(), std::shared_ptr<workflow::run>(std::move(next.state)),
                             std::move(next.made.batches)};
    for (auto& task : made.next->made.transfer)
      note->transfer.push_back(std::move(task));
    for (auto& task : made.next->made.timers)
      note->timers.push_back(std::move(task));
  }
  pending_ = std::move(made);
  committing_ = std::move(command);
  become(is_new() ? phase::making : phase::committing);
  handed_ = std::move(handed);
  env_.counters->commits.fetch_add(1, std::memory_order_relaxed);
  env_.store->shards().commit(std::move(tx),
                              [note, &env = env_, shard = shard_, self = me()](storage::commit_result result) {
                                after_commit(note, std::move(result), env, shard, self);
                              });
}

void workflow_run::handle(run_committed& over) {
  CADENZA_ASSERT(writing() && committing_ != nullptr, "a write that ends is one that was begun");
  const bool new_run = is_new();
  auto command = std::move(committing_);
  auto made = std::move(pending_);
  auto handed = std::exchange(handed_, {});
  pending_ = {};
  const auto& result = over.result;
  if (result.outcome == storage::status::committed) {
    become(phase::ready);
    command->tries = 0;
    for (std::size_t i = 0; i < made.batches.size(); ++i) {
      const auto& batch = made.batches[i];
      const auto first = batch->events(0).event_id();
      cache_.append(std::move(pending_bytes_[i]), batch, first, first + batch->events_size());
    }
    command->finished(*this);
    handed.answer(*this);
    wake_waiters();
    release_queries();
    if (new_run || made.closed_run)
      report_use();
    return work();
  }

  // When nobody knows how it ended, the polls are dropped: their tasks may have been started for them.
  if (result.outcome != storage::status::unknown_outcome)
    handed.give_back(env_);
  // The state in memory is ahead of the store: drop it.
  env_.counters->commit_conflicts.fetch_add(1, std::memory_order_relaxed);
  drop_state();
  if (!new_run)
    become(phase::absent);
  if (result.outcome == storage::status::condition_failed && result.failed == storage::condition::request_known) {
    not_made();
    command->repeated(*this, result.remembered);
    return work();
  }
  if (result.outcome == storage::status::condition_failed && result.failed == storage::condition::tree_version) {
    not_made();
    command->tree_changed(*this);
    return work();
  }
  if (new_run) {
    become(phase::left);
    const bool exists =
        result.outcome == storage::status::condition_failed && result.failed == storage::condition::current_run;
    if (!exists || !command->refused(*this, result.current ? result.current->value : std::string())) {
      caf::anon_send(shard_, make_shard_mail(create_refused{nullptr, key_, {}}));
      if (result.outcome != storage::status::unknown_outcome)
        command->failed(service_busy("the store refused the write: " + result.message));
    }
    return work();
  }
  switch (result.outcome) {
  case storage::status::condition_failed:
    if (result.failed == storage::condition::shard_range) {
      command->failed(unavailable("this history shard has moved"));
    } else if (++command->tries >= tries_max) {
      command->failed(internal_error("maximum attempts exceeded to update history"));
    } else {
      queue_.push_front(std::move(command));
    }
    break;
  case storage::status::unavailable:
    command->failed(service_busy("the store refuses writes: " + result.message));
    break;
  default:
    // Unknown outcome: the call is dropped, which tells the client to ask again; its request id makes that safe.
    break;
  }
  work();
}

void workflow_run::send_back(run_command_ptr command, bool closed) {
  caf::anon_send(shard_, make_shard_mail(reroute{std::move(command), closed}));
}

} // namespace cadenza::actors
