#include "actors/replication/workflow_replica.hpp"

#include "actors/replication/foreign_wire.hpp"
#include "actors/runs/commit_over.hpp"
#include "actors/runs/persist.hpp"
#include "actors/visibility/listed_changes.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace cadenza::actors {

workflow_replica::workflow_replica(caf::actor_config& cfg, const actor_context& env, int shard_index,
                                   std::int64_t range_id, std::shared_ptr<shard_sequence> sequence, caf::actor shard,
                                   workflow_key key)
  : supervised_actor(cfg), env_(env), shard_index_(shard_index), range_id_(range_id), sequence_(std::move(sequence)),
    shard_(std::move(shard)), key_(std::move(key)), view_(key_) {
  CADENZA_ASSERT(range_id_ > 0 && sequence_, "runs are written under a range of their shard, with ids of that range");
}

void workflow_replica::on_exit() {
  // What is dropped says so by itself.
  work_.reset();
  queue_.clear();
  frames_.clear();
  writing_.reset();
}

caf::actor workflow_replica::me() { return caf::actor_cast<caf::actor>(this); }

/// For callbacks of the store and of other clusters, on any thread.
std::function<void(replica_mail)> workflow_replica::teller() {
  return [self = me()](replica_mail mail) { caf::anon_send(self, std::make_shared<replica_mail>(std::move(mail))); };
}

caf::behavior workflow_replica::make_behavior() {
  return with_common(caf::message_handler{
      [this](foreign_work_ptr& work) {
        ++taken_;
        queue_.push_back(std::move(work));
        go_on();
      },
      [this](replica_mail_ptr& mail) { on_mail(*mail); },
  });
}

void workflow_replica::on_mail(replica_mail& mail) {
  CADENZA_ASSERT(waiting_ > 0, "an answer comes for what was asked; " + key_.workflow_id);
  --waiting_;
  std::visit([this](auto& content) { handle(content); }, mail);
  go_on();
}

// ---------------------------------------------------------------- one after the other

void workflow_replica::go_on() {
  while (waiting_ == 0) {
    if (failed_read_) {
      judge(*std::exchange(failed_read_, std::nullopt));
      continue;
    }
    if (!work_ && !take_work())
      return;
    if (signals_) {
      take_signals();
      continue;
    }
    if (frames_.empty()) {
      next_item();
      continue;
    }
    auto& top = frames_.back();
    if (top.first)
      fill_gap(top);
    else
      apply_top();
  }
}

bool workflow_replica::take_work() {
  if (queue_.empty()) {
    view_.forget_all();
    caf::anon_send(shard_, make_shard_mail(replica_idle{key_, taken_}));
    return false;
  }
  work_ = std::move(queue_.front());
  queue_.pop_front();
  CADENZA_ASSERT(work_->key == key_, "work comes to the actor of its workflow id; " + key_.workflow_id);
  at_ = 0;
  signals_ = work_->signals;
  return true;
}

void workflow_replica::next_item() {
  view_.forget_histories();
  if (at_ < work_->items.size()) {
    frames_.emplace_back().told = work_->items[at_++];
    return;
  }
  std::exchange(work_, nullptr)->finish({});
}

void workflow_replica::fail_work(const error& reason) {
  frames_.clear();
  signals_.reset();
  signal_rounds_ = 0;
  view_.forget_all();
  if (work_)
    std::exchange(work_, nullptr)->finish(reason);
}

/// Errors that come again each time, and those that are over some time.
void workflow_replica::judge(const error& reason) {
  if (signals_)
    return fail_work(reason);
  switch (reason.kind) {
  case error_kind::bad_request:
  case error_kind::entity_not_exists:
  case error_kind::limit_exceeded:
  case error_kind::internal_service:
  case error_kind::internal_data_inconsistency: return bury(reason);
  default: return fail_work(reason);
  }
}

bool workflow_replica::step(frame& top) {
  if (++top.steps <= steps_max)
    return true;
  bury(internal_error("what it needs is there, and it still cannot be applied"));
  return false;
}

void workflow_replica::apply_top() {
  auto& top = frames_.back();
  if (++top.rounds > rounds_max)
    return bury(internal_error("it was tried " + std::to_string(rounds_max) + " times"));
  const auto directory = env_.domains->get();
  const auto domain = directory->find(key_.domain_id);
  if (!domain) // its row is still on its way
    return fail_work(unavailable("domain " + key_.domain_id.str() + " is not known here"));
  const auto rules = env_.live->rules(*domain);
  const workflow::environment world{env_.time->now_ns(), env_.chance,           domain,       directory,
                                    rules.get(),         env_.settings.cluster, shard_index_, nullptr};
  top.told->has_batch() ? apply_batch(top, world) : apply_activity(top, world);
}

void workflow_replica::apply_batch(frame& top, const workflow::environment& world) {
  // Parsed for each attempt: the rules keep what they take over.
  const auto batch = from_wire(top.told->batch());
  if (!batch)
    return judge(batch.error());
  want_runs_of(*batch);
  if (const auto needs = view_.take_needs(); !needs.empty())
    return read(needs);
  auto lease = std::make_shared<sequence_lease>(sequence_);
  auto out = replication::apply(*batch, view_, {world, env_.clusters->group(), *lease});
  if (const auto needs = view_.take_needs(); !needs.empty()) {
    view_.forget_runs();
    return read(needs);
  }
  if (!out)
    return judge(out.error());
  using kind = replication::applied::kind;
  switch (out->what) {
  case kind::nothing: frames_.pop_back(); return;
  case kind::missing:
    if (step(top))
      top.first = gap{{key_.domain_id, key_.workflow_id, out->run}, std::move(out->range), {}, true, 0};
    return;
  case kind::unread:
  case kind::unread_event:
    return judge({error_kind::internal_data_inconsistency, "the stored history lacks events that it should have"});
  case kind::again:
  case kind::written: break;
  }
  const bool again = out->what == kind::again;
  if (!again && !out->signals.empty() && !top.signals_sent) {
    // They come first, and may change the very runs that were looked at.
    if (!step(top))
      return;
    send_signals(*out, *world.domain);
    return view_.forget_runs();
  }
  if (again && !step(top))
    return;
  CADENZA_ASSERT(!out->current || out->current_before == view_.current_id(),
                 "the current run is the one the rules have seen; " + key_.workflow_id);
  commit({std::move(out->runs), std::move(out->current), again}, std::move(lease), true);
}

void workflow_replica::apply_activity(frame& top, const workflow::environment& world) {
  const auto told = from_wire(top.told->activity());
  if (!told)
    return judge(told.error());
  view_.want_run(told->key.run_id);
  if (const auto needs = view_.take_needs(); !needs.empty())
    return read(needs);
  auto* run = view_.find(told->key.run_id);
  if (run == nullptr)
    return frames_.pop_back(); // its events tell of it when they come
  auto lease = std::make_shared<sequence_lease>(sequence_);
  auto out = replication::apply(*told, run, view_.events(told->key.run_id), world, env_.clusters->group(), *lease);
  if (const auto needs = view_.take_needs(); !needs.empty()) {
    view_.forget_runs();
    return read(needs);
  }
  if (!out)
    return judge(out.error());
  using kind = replication::activity_applied::kind;
  switch (out->what) {
  case kind::nothing: return frames_.pop_back();
  case kind::missing:
    // Else the history of the cluster that tells has gone another way since: it will tell of the activity again.
    if (++top.steps > steps_max)
      return frames_.pop_back();
    top.first = gap{told->key, std::move(out->missing), {}, true, 0};
    return;
  case kind::written: break;
  }
  writing made;
  made.runs.push_back({nullptr, *std::move(out->made)});
  commit(std::move(made), std::move(lease), false);
}

// ---------------------------------------------------------------- writing

void workflow_replica::commit(writing made, std::shared_ptr<sequence_lease> lease, bool under_current) {
  CADENZA_ASSERT(!writing_ && !made.runs.empty(), "one transaction is under way at a time; " + key_.workflow_id);
  auto note = std::make_shared<commit_note>();
  note->by = address();
  note->lease = std::move(lease);
  note->has_family = false;
  std::vector<workflow::changes*> changes;
  for (auto& each : made.runs) {
    const auto& key = each.made.mutation.key;
    if (changes.empty())
      note->run = key;
    else
      note->also.push_back(key);
    const auto* state = each.state ? each.state.get() : view_.find(key.run_id);
    CADENZA_ASSERT(state != nullptr, "a run that was changed is at hand; run " + key.run_id.str());
    note->has_family = note->has_family || state->has_parent() || !state->children().empty();
    if (each.made.current) { // of what this cluster adds itself
      made.current = std::move(each.made.current);
      each.made.current.reset();
    }
    for (const auto& task : each.made.replication)
      note->last_told = std::max(note->last_told, task.task_id());
    changes.push_back(&each.made);
  }
  note->current = made.current;
  std::vector<listed_run> listed;
  if (env_.store->able_to().keeps_lists)
    for (auto* each : changes)
      take_listed(each->transfer, shard_index_, note->has_family, listed);
  // Also where the row stays as it is: what becomes of a run depends on which one is current.
  std::optional<storage::current_condition> condition;
  using kind = storage::current_condition::kind;
  if (under_current) {
    const auto& id = view_.current_id();
    condition = storage::current_condition{key_, id ? kind::is_run : kind::absent, id.value_or(uuid{}), 0};
  }
  auto tx = to_store(shard_index_, range_id_, changes, made.current, std::move(condition));
  tx.listed = std::move(listed);
  for (auto* each : changes) {
    std::move(each->transfer.begin(), each->transfer.end(), std::back_inserter(note->transfer));
    std::move(each->timers.begin(), each->timers.end(), std::back_inserter(note->timers));
  }
  writing_ = std::move(made);
  ++waiting_;
  env_.counters->commits.fetch_add(1, std::memory_order_relaxed);
  env_.store->shards().commit(std::move(tx),
                              [note, &env = env_, shard = shard_, tell = teller()](storage::commit_result result) {
                                tell_commit(note, result, env, shard);
                                tell(replica_committed{std::move(result)});
                              });
}

void workflow_replica::handle(replica_committed& over) {
  CADENZA_ASSERT(writing_ && (signals_ || !frames_.empty()),
                 "a write that ends is one that was begun; " + key_.workflow_id);
  auto made = *std::exchange(writing_, std::nullopt);
  const auto& result = over.result;
  if (result.outcome == storage::status::committed) {
    for (auto& each : made.runs)
      view_.stored(each.made.mutation.key.run_id, std::move(each.state));
    if (made.current)
      view_.stored_current(uuid::from_raw(made.current->run_id()));
    view_.forget_histories();
    if (signals_ && !made.again)
      signals_over({});
    else if (!signals_ && !made.again)
      frames_.pop_back();
    return;
  }
  env_.counters->commit_conflicts.fetch_add(1, std::memory_order_relaxed);
  const bool conflict =
      result.outcome == storage::status::condition_failed && result.failed != storage::condition::shard_range;
  if (!conflict) // of an unknown outcome the shard hears, too, and ends
    return fail_work(unavailable("what another cluster has told was not written: " + result.message));
  if (!signals_ && ++frames_.back().conflicts > conflicts_max)
    return fail_work(unavailable("workflow " + key_.workflow_id + " changes too quickly"));
  view_.forget_all();
}

} // namespace cadenza::actors
