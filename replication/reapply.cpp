#include "replication/reapply.hpp"

#include "replication/branches.hpp"
#include "workflow/version_history.hpp"

namespace cadenza::replication {
namespace {

/// Whether a closed run has lost its place to another one. Nothing: its last event is not at hand.
std::optional<bool> ended_by_conflict(const signals_origin& from, workflow::missing_event& missing) {
  const auto& head = from.here->head();
  if (head.close_status() != close_status::terminated)
    return false;
  missing = {head.next_event_id() - 1, head.completion_event_batch_id()};
  const auto* end = from.events->find(missing.event_id, missing.batch_first_id);
  if (end == nullptr)
    return std::nullopt;
  return workflow::is_end_by_conflict(*end);
}

/// Signals that a run had before it came to its own end were not lost with it.
std::vector<api::HistoryEvent> without_settled(const std::vector<api::HistoryEvent>& events,
                                               const workflow::run& from) {
  std::vector<api::HistoryEvent> out;
  for (const auto& e : events) {
    rec::VersionItem at;
    at.set_event_id(e.event_id());
    at.set_version(e.version());
    if (!workflow::contains(from.current_branch(), at))
      out.push_back(e);
  }
  return out;
}

} // namespace

bool knows(const workflow::run* r, const known_run& of_another) {
  return r != nullptr && branch_with(r->head().version_histories(), of_another.last).has_value();
}

outcome<signals_applied> reapply(workflow::run& current, workflow::event_source& events_of_current,
                                 const signals_origin& from, const std::vector<api::HistoryEvent>& events,
                                 const workflow::environment& env, workflow::task_id_source& ids) {
  signals_applied out;
  auto lost = events;
  // The own run may have ended, but go another way when what the other cluster has of it comes.
  if (from.here != nullptr && from.here->closed() && from.here->last_write_version() >= from.run.last.version()) {
    const auto by_conflict = ended_by_conflict(from, out.event);
    if (!by_conflict) {
      out.what = signals_applied::kind::unread_event;
      return out;
    }
    if (!*by_conflict)
      lost = without_settled(events, *from.here);
  }
  auto missed = workflow::unknown_signals(current, from.run.run, lost);
  if (missed.empty())
    return out;
  if (!current.open()) {
    out.signals = std::move(missed);
    // A run without a decision has no point to go back to, and no worker has ever known of it.
    const bool decided = current.closed() && current.head().last_processed_event() != no_event_id;
    out.what = decided ? signals_applied::kind::reset : signals_applied::kind::dropped;
    out.reset_to = decided ? current.head().last_processed_event() + 1 : 0;
    return out;
  }
  workflow::transaction tx(current, env, events_of_current);
  (void)workflow::add_signals_again(tx, from.run.run, lost);
  auto made = tx.close(ids);
  if (!made)
    return made.error();
  out.what = signals_applied::kind::written;
  out.made = std::move(*made);
  return out;
}

} // namespace cadenza::replication
