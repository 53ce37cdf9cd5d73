#include "replication/settling.hpp"

#include "messages/invariant.hpp"
#include "workflow/earlier_requests.hpp"
#include "workflow/start.hpp"

#include <utility>

namespace cadenza::replication {
namespace {

class nothing_stored final : public workflow::event_source {
public:
  const api::HistoryEvent* find(std::int64_t, std::int64_t) override { return nullptr; }
};

known_run as_known(const workflow::run& r) {
  const auto& items = r.current_branch().items();
  return {r.key().run_id, items[items.size() - 1]};
}

/// The answer to a rule that has met an event which is not at hand.
applied read_event(const workflow::missing_event& event, const uuid& run_id) {
  applied out;
  out.what = applied::kind::unread_event;
  out.run = run_id;
  out.event = event;
  return out;
}

} // namespace

uuid next_run_of(const foreign_batch& batch) {
  const auto& last = *batch.events->events().rbegin();
  return uuid::parse(last.workflow_execution_continued_as_new_event_attributes().new_execution_run_id()).value();
}

/// The run that a batch continues as, while it is not written yet.
struct settling::next_run {
  std::unique_ptr<workflow::run> state;
  workflow::environment env;
  std::optional<workflow::transaction> tx;
};

workflow::event_source& settling::no_events() {
  static nothing_stored none;
  return none;
}

rec::VersionHistories settling::new_tree(const uuid& run_id) {
  rec::VersionHistories histories;
  auto& branch = *histories.add_branches()->mutable_branch();
  branch.set_tree_id(run_id.raw());
  branch.set_branch_id(context_.env.chance->new_uuid().raw());
  return histories;
}

outcome<bool> settling::write(workflow::transaction& tx, std::unique_ptr<workflow::run> made, applied& out) {
  auto changes = tx.close(context_.ids);
  if (!changes)
    return changes.error();
  CADENZA_ASSERT(!changes->next, "a run that follows another one is taken over by a transaction of its own");
  const bool told = changes->current.has_value();
  changes->current.reset(); // which run is the current one is said once, for all
  out.runs.push_back({std::move(made), std::move(*changes)});
  return told;
}

void settling::name_current(const workflow::run& r, applied& out) {
  out.current = workflow::current_record(r);
  if (const auto* before = runs_.current())
    out.current_before = before->key().run_id;
}

void settling::before_batch(const std::vector<workflow::batch>& history, std::int64_t from_id) {
  for (const auto& stored : history)
    for (const auto& e : stored->events())
      if (e.event_id() >= from_id && e.has_workflow_execution_signaled_event_attributes())
        earlier_signals_.push_back(e);
}

void settling::note_signals(const workflow::run& of, applied& out) {
  out.signals = std::move(earlier_signals_);
  for (const auto& e : batch_.events->events())
    if (e.has_workflow_execution_signaled_event_attributes())
      out.signals.push_back(e);
  if (out.signals.empty())
    return;
  out.origin = as_known(of);
  if (const auto* current = runs_.current())
    out.winner = as_known(*current);
}

outcome<std::unique_ptr<settling::next_run>> settling::begin_next() {
  std::unique_ptr<next_run> next;
  if (batch_.new_run_events == nullptr)
    return next;
  auto key = batch_.key;
  key.run_id = next_run_of(batch_);
  if (runs_.find(key.run_id) != nullptr) // its events have come before those of the run it follows
    return next;
  next = std::make_unique<next_run>();
  next->state = std::make_unique<workflow::run>(key);
  next->env = workflow::at_version(context_.env, batch_.events->events(0).version());
  next->tx.emplace(*next->state, next->env, no_events());
  next->tx->write_passively();
  next->tx->set_version_histories(new_tree(key.run_id));
  CADENZA_TRY(next->tx->take_over(batch_.new_run_events));
  return next;
}

outcome<void> settling::write_next(next_run& next, const workflow::run& before, standing as, applied& out) {
  auto& tx = *next.tx;
  *tx.edit_fixed().mutable_earlier_requests() = workflow::requests_after(before);
  if (as == standing::zombie && !tx.state().closed())
    workflow::make_zombie(tx);
  tx.add_tasks_of_batches();
  const auto& state = *next.state;
  CADENZA_TRY(write(tx, std::move(next.state), out));
  if (as == standing::current)
    name_current(state, out);
  return {};
}

outcome<void> settling::suppress(workflow::run& loser, std::int64_t winner, applied& out) {
  const auto env = workflow::at_version(context_.env, loser.last_write_version());
  workflow::transaction tx(loser, env, runs_.events(loser.key().run_id));
  // Only who has written last may end it: everybody else would make a second history of it.
  if (context_.group.mine(loser.last_write_version())) {
    CADENZA_TRY(workflow::terminate_by_conflict(tx, winner));
  } else {
    tx.write_passively();
    workflow::make_zombie(tx);
  }
  CADENZA_TRY(write(tx, nullptr, out));
  return {};
}

outcome<applied> settling::finish(workflow::transaction& tx, std::unique_ptr<workflow::run> made,
                                  std::optional<std::int64_t> tree_version) {
  return settle(tx, std::move(made), tree_version);
}

outcome<applied> settling::finish_rebuilt(workflow::transaction& tx, std::unique_ptr<workflow::run> made) {
  return settle(tx, std::move(made), {});
}

outcome<applied> settling::finish_aside(workflow::transaction& tx) {
  auto next = begin_next();
  if (!next)
    return next.error();
  applied out;
  out.what = applied::kind::written;
  const auto& target = tx.state();
  note_signals(target, out);
  CADENZA_TRY(write(tx, nullptr, out));
  if (*next)
    CADENZA_TRY(write_next(**next, target, standing::zombie, out));
  return out;
}

outcome<applied> settling::settle(workflow::transaction& tx, std::unique_ptr<workflow::run> made,
                                  std::optional<std::int64_t> tree_version) {
  const auto& target = tx.state();
  auto next = begin_next();
  if (!next)
    return next.error();
  auto* current = runs_.current();
  const bool own = current != nullptr && current->key().run_id == target.key().run_id;
  const bool takes_over = current != nullptr && !own && newer(target, *current);
  const auto as = current == nullptr || own || takes_over ? standing::current : standing::zombie;
  applied out;
  out.what = applied::kind::written;
  if (as == standing::zombie) {
    note_signals(target, out);
    if (!target.closed())
      workflow::make_zombie(tx);
  }
  const bool was_zombie = as == standing::current && target.head().state() == run_state::zombie;
  if (was_zombie)
    workflow::revive(tx);
  else
    tx.add_tasks_of_batches();
  if (tx.missing())
    return read_event(*tx.missing(), target.key().run_id);
  if (takes_over && current->open())
    CADENZA_TRY(suppress(*current, target.last_write_version(), out));
  const bool begins = made != nullptr && target.head().row_version() == 0;
  if (begins && current != nullptr && as == standing::current)
    *tx.edit_fixed().mutable_earlier_requests() = workflow::requests_after(*current);
  const auto told = write(tx, std::move(made), out);
  if (!told)
    return told.error();
  if (tree_version)
    out.runs.back().made.tree_version = tree_version;
  if (as == standing::current && (*told || takes_over || was_zombie))
    name_current(target, out);
  if (*next)
    CADENZA_TRY(write_next(**next, target, as, out));
  return out;
}

} // namespace cadenza::replication
