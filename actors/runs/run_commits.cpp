#include "actors/runs/workflow_run.hpp"
#include "actors/visibility/listed_changes.hpp"

#include "actors/runs/commit_over.hpp"
#include "actors/runs/persist.hpp"
#include "actors/runs/run_commands.hpp"
#include "actors/runs/run_tally.hpp"
#include "actors/runs/run_warnings.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <algorithm>

/// How a run's transactions are written, and what follows when one ends.
namespace cadenza::actors {
namespace {

constexpr std::int64_t request_memory_ns = 3LL * 3600 * ns_per_s;

/// Why a command whose write was refused goes no further. Nothing: it is tried again after a conflict, and dropped when
/// nobody knows how the write ended.
std::optional<error> refusal_of(const storage::commit_result& result, bool last_try) {
  if (result.outcome == storage::status::unavailable)
    return service_busy("the store refuses writes: " + result.message);
  if (result.outcome != storage::status::condition_failed)
    return std::nullopt;
  if (result.failed == storage::condition::shard_range)
    return unavailable("this history shard has moved");
  if (last_try)
    return internal_error("maximum attempts exceeded to update history");
  return std::nullopt;
}

} // namespace

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
  CADENZA_ASSERT(!committing_, "a run is given up when nothing of it is being written; run " + key_.run_id.str());
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
  CADENZA_ASSERT(made.mutation.new_version == made.mutation.expected_version.value_or(0) + 1,
                 "each write raises the version of a run by one; run " + key_.run_id.str());
  CADENZA_ASSERT(is_new() != made.mutation.expected_version.has_value(),
                 "a run is written as a new one once; run " + key_.run_id.str());
  CADENZA_ASSERT(made.task_id_count == 0 ||
                     (shard_sequence::range_of(made.first_task_id) == range_id_ &&
                      shard_sequence::range_of(made.first_task_id + made.task_id_count - 1) == range_id_),
                 "a run draws its ids from the range it writes under; run " + key_.run_id.str());
  CADENZA_ASSERT(note->lease, "ids count as under way until their write is over; run " + key_.run_id.str());
  tally_ = tally_of(made);
  std::vector<listed_run> listed;
  if (env_.store->able_to().keeps_lists) {
    take_listed(made.transfer, shard_index_, note->has_family, listed);
    if (made.next)
      take_listed(made.next->made.transfer, shard_index_, true, listed);
  }
  if (!made.replication.empty())
    note->last_told = made.replication.back().task_id();
  if (made.next && !made.next->made.replication.empty())
    note->last_told = std::max(note->last_told, made.next->made.replication.back().task_id());
  auto tx = to_store(shard_index_, range_id_, key_, made, command->creates());
  tx.listed = std::move(listed);
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
  // From here on the state is ahead of the store; it is dropped unless the write is committed.
  pending_ = std::move(made);
  committing_ = std::move(command);
  become(is_new() ? phase::making : phase::committing);
  handed_ = std::move(handed);
  env_.counters->commits.fetch_add(1, std::memory_order_relaxed);
  env_.store->shards().commit(std::move(tx),
                              [note, &env = env_, shard = shard_, self = me()](storage::commit_result result) {
                                tell_commit(note, result, env, shard);
                                caf::anon_send(self, std::make_shared<run_mail>(run_committed{std::move(result)}));
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
    CADENZA_ASSERT(pending_bytes_.size() == made.batches.size(), "the bytes of events stay until their write is over");
    become(phase::ready);
    command->tries = 0;
    env_.work->of(*domain_).add(tally_);
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
    // There is nothing to load: another actor is made for the next try, if there is one.
    become(phase::left);
    const bool exists =
        result.outcome == storage::status::condition_failed && result.failed == storage::condition::current_run;
    if (!exists || !command->refused(*this, result.current ? result.current->value : std::string())) {
      caf::anon_send(shard_, make_shard_mail(create_refused{nullptr, key_, {}}));
      if (result.outcome != storage::status::unknown_outcome)
        command->failed(
            refusal_of(result, false).value_or(service_busy("the store refused the write: " + result.message)));
    }
    return work();
  }
  const bool conflict = result.outcome == storage::status::condition_failed;
  const bool last_try = conflict && ++command->tries >= tries_max;
  // Unknown outcome: the call is dropped, which tells the client to ask again; its request id makes that safe.
  if (const auto refusal = refusal_of(result, last_try))
    command->failed(*refusal);
  else if (conflict)
    queue_.push_front(std::move(command));
  work();
}

} // namespace cadenza::actors
