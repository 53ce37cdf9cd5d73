#include "replication/reapply.hpp"

namespace cadenza::replication {

outcome<signals_applied> reapply(workflow::run& current, workflow::event_source& events_of_current,
                                 const uuid& from_run, const std::vector<api::HistoryEvent>& events,
                                 const workflow::environment& env, workflow::task_id_source& ids) {
  signals_applied out;
  auto missed = workflow::unknown_signals(current, from_run, events);
  if (missed.empty())
    return out;
  if (!current.open()) {
    // A run without a decision has no point to go back to, and no worker has ever known of it.
    if (!current.closed() || current.head().last_processed_event() == no_event_id)
      return out;
    out.what = signals_applied::kind::reset;
    out.reset_to = current.head().last_processed_event() + 1;
    out.signals = std::move(missed);
    return out;
  }
  workflow::transaction tx(current, env, events_of_current);
  (void)workflow::add_signals_again(tx, from_run, events);
  auto made = tx.close(ids);
  if (!made)
    return made.error();
  out.what = signals_applied::kind::written;
  out.made = std::move(*made);
  return out;
}

} // namespace cadenza::replication
