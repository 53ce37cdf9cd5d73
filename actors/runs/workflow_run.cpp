#include "actors/runs/workflow_run.hpp"
#include "actors/visibility/visibility_mail.hpp"

#include "actors/runs/persist.hpp"
#include "actors/runs/run_commands.hpp"
#include "actors/runs/run_warnings.hpp"
#include "messages/invariant.hpp"
#include "replication/failover.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace cadenza::actors {
namespace {

constexpr std::size_t queue_max = 10'000; ///< commands that wait for one run

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

workflow_run::workflow_run(caf::actor_config& cfg, const actor_context& env, int shard_index, std::int64_t range_id,
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
  CADENZA_ASSERT(!fresh || !state_, "a run that is still to be made has no state yet");
  CADENZA_ASSERT(range_id_ > 0 && sequence_, "a run writes under a range of its shard, with ids of that range");
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
    return give_up(unavailable("the store cannot read right now: " + loaded.rows.message));
  if (!loaded.rows.value)
    return give_up(no_workflow(key_.workflow_id, key_.run_id));
  auto state = workflow::run::load(key_, *loaded.rows.value);
  if (!state) {
    env_.log(
        log::level::error,
        {field::workflow_id(key_.workflow_id), field::run_id(key_.run_id.str()), field::error(state.error().message)},
        "run {run_id} of workflow {workflow_id} cannot be read: {error}");
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
    return give_up(unavailable("the history cannot be read right now"));
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
  CADENZA_ASSERT((phase_ == phase::fresh || phase_ == phase::ready) && !committing_,
                 "a run carries out one command at a time; run " + key_.run_id.str());
  CADENZA_ASSERT(command->run_id == key_.run_id && command->key.workflow_id == key_.workflow_id,
                 "a command reaches the run that it is for; run " + key_.run_id.str());
  const auto directory = env_.domains->get();
  domain_ = directory->find(key_.domain_id);
  if (!domain_) {
    not_made();
    return command->failed(no_domain(key_.domain_id.str()));
  }
  if (phase_ != phase::fresh && !state_->open() && !command->named && command->wants_open_run() &&
      command->tries < tries_max)
    return send_back(std::move(command), true); // another run may be the current one by now

  const auto rules = env_.live->rules(*domain_);
  workflow::oversized seen;
  workflow::environment world{env_.time->now_ns(), env_.chance,           domain_,      directory,
                              rules.get(),         env_.settings.cluster, shard_index_, &seen};
  if (env_.clusters->any() && domain_->global() && !command->everywhere && !may_act(command, world, *rules))
    return;
  if (command->needs_ids())
    command->ids = std::make_shared<sequence_lease>(sequence_);
  if (phase_ == phase::fresh && command->builds())
    return build(std::move(command), world);
  const auto before = run_measures::of(*state_);
  cached_events events(cache_);
  workflow::transaction tx(*state_, world, events);
  const auto acted = command->act(tx);
  if (!acted) {
    if (tx.missing()) {
      // The rule has read too little to say no: what it has changed is undone, and it begins again with the event.
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
  // Last before the close: a task that finds its worker here is started in this very write, and never stored.
  handed_tasks handed;
  handed.start(tx, env_, !queue_.empty());
  // Ids of a run made inside the command are settled with this transaction, not before.
  auto lease = command->ids ? command->ids : std::make_shared<sequence_lease>(sequence_);
  auto made = tx.close(*lease);
  if (!made) {
    handed.give_back(env_);
    // It would be too large each time: the run is ended instead, before anything else that waits.
    if (made.error().kind == error_kind::limit_exceeded && state_->open() && phase_ != phase::fresh) {
      if (std::string_view(command->name()) == size_limit_terminate_name) // must not go round for ever
        env_.log(log::level::error,
                 {field::domain(domain_->name), field::workflow_id(key_.workflow_id), field::run_id(key_.run_id.str()),
                  field::error(made.error().message)},
                 "run {run_id} of workflow {workflow_id} is too large to be ended: {error}");
      else
        queue_.push_front(make_size_limit_terminate(key_));
    }
    not_made();
    return command->failed(made.error());
  }
  warn_of_growth(*env_.warnings, *rules, *domain_, *state_, before, seen);
  submit(std::move(command), *std::move(made), std::move(lease), std::move(handed), *rules);
}

/// Before a command where there are other clusters. False: it goes no further, or no further yet: a decision that has
/// been with a worker since before a fail-over is ended first.
bool workflow_run::may_act(run_command_ptr& command, const workflow::environment& world, const workflow::rules& rules) {
  const auto& group = env_.clusters->group();
  const bool stored = phase_ == phase::ready;
  if (stored && !command->stands(*state_)) {
    command->failed(not_exists("the task is not about what the run has"));
    return false;
  }
  if (stored && replication::decide_in_flight(*state_, domain_->version(), group) != replication::in_flight::nothing) {
    auto lease = std::make_shared<sequence_lease>(sequence_);
    cached_events events(cache_);
    auto made = replication::end_in_flight(*state_, events, world, group, *lease);
    if (!made || !*made) {
      command->failed(made ? internal_error("a decision in flight was not ended") : made.error());
      return false;
    }
    queue_.push_front(std::move(command));
    submit(make_look_at_failover(key_), **std::move(made), std::move(lease), {}, rules);
    return false;
  }
  const auto active = replication::check_active(stored ? state_.get() : nullptr, *domain_, group);
  if (active)
    return true;
  not_made();
  command->failed(active.error());
  return false;
}

/// The run is made whole, with its history, instead of by a transaction on nothing.
void workflow_run::build(run_command_ptr command, const workflow::environment& world) {
  auto built = command->build(world);
  if (!built) {
    not_made();
    return command->failed(built.error());
  }
  state_ = std::shared_ptr<workflow::run>(std::move((*built)->state));
  CADENZA_ASSERT(state_ && state_->key() == key_, "a run is built under the id that it was given");
  if (world.seen != nullptr)
    warn_of_growth(*env_.warnings, *world.limits, *domain_, *state_, {}, *world.seen);
  auto lease = command->ids;
  submit(std::move(command), std::move((*built)->made), std::move(lease), {}, *world.limits);
}

void workflow_run::send_back(run_command_ptr command, bool closed) {
  caf::anon_send(shard_, make_shard_mail(reroute{std::move(command), closed}));
}

} // namespace cadenza::actors
