#include "messages/invariant.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/replay.hpp"
#include "workflow/signal.hpp"
#include "workflow/version_history.hpp"

#include <algorithm>
#include <iterator>

namespace cadenza::workflow {
namespace {

/// The part of the base run's history that the new run begins with.
class base_events final : public event_source {
public:
  explicit base_events(const std::vector<batch>& history) : history_(history) {}

  const api::HistoryEvent* find(std::int64_t event_id, std::int64_t) override {
    const auto behind =
        std::upper_bound(history_.begin(), history_.end(), event_id,
                         [](std::int64_t id, const batch& stored) { return id < stored->events(0).event_id(); });
    if (behind == history_.begin())
      return nullptr;
    const auto& stored = **std::prev(behind);
    const auto at = event_id - stored.events(0).event_id();
    return at < stored.events_size() ? &stored.events(static_cast<int>(at)) : nullptr;
  }

private:
  const std::vector<batch>& history_;
};

bool may_reset_to(const api::HistoryEvent& e) {
  return e.has_decision_task_started_event_attributes() || e.has_decision_task_completed_event_attributes() ||
         e.has_decision_task_timed_out_event_attributes() || e.has_decision_task_failed_event_attributes();
}

rec::VersionHistories forked(const run& base, std::int64_t fork_event_id, entropy& chance) {
  const auto& from = base.current_branch().branch();
  const auto begin = from.ancestors().empty() ? first_event_id : from.ancestors().rbegin()->end_node();
  rec::VersionHistories histories;
  *histories.add_branches()->mutable_branch() = fork(from, begin, fork_event_id, chance.new_uuid().raw());
  return histories;
}

void end_decision(transaction& tx, const reset_input& input, std::int64_t fork_version) {
  const auto& r = tx.state();
  if (r.has_started_decision())
    return fail_started_decision(tx, api::DECISION_TASK_FAILED_CAUSE_RESET_WORKFLOW, {}, std::string(history_identity),
                                 input.reason, input.base->key().run_id.str(), input.new_run_id.str(), fork_version,
                                 input.request_id);
  if (!r.has_pending_decision())
    return;
  // A later attempt has no events: nobody is told that it is over.
  if (r.head().decision().attempt() > 0) {
    tx.head().clear_decision();
    return;
  }
  api::HistoryEvent e;
  auto& a = *e.mutable_decision_task_timed_out_event_attributes();
  a.set_scheduled_event_id(r.head().decision().schedule_id());
  a.set_started_event_id(0);
  a.set_timeout_type(api::TIMEOUT_TYPE_SCHEDULE_TO_START);
  a.set_base_run_id(input.base->key().run_id.str());
  a.set_new_run_id(input.new_run_id.str());
  a.set_fork_event_version(fork_version);
  a.set_reason(input.reason);
  a.set_cause(api::DECISION_TASK_TIMED_OUT_CAUSE_RESET);
  a.set_request_id(input.request_id);
  tx.add(std::move(e));
}

/// Nobody works for the new run yet: what was with a worker has failed, what was not is scheduled afresh.
void end_activities(transaction& tx, const std::string& reason) {
  std::vector<rec::PendingActivity> started;
  std::vector<std::int64_t> waiting;
  for (const auto& [schedule_id, activity] : tx.state().activities()) {
    if (activity.started_id() == no_event_id)
      waiting.push_back(schedule_id);
    else
      started.push_back(activity);
  }
  for (const auto schedule_id : waiting)
    tx.activities().edit(schedule_id)->set_scheduled_ns(tx.now());
  for (const auto& activity : started) {
    api::HistoryEvent e;
    auto& a = *e.mutable_activity_task_failed_event_attributes();
    a.mutable_failure()->set_reason(reason);
    a.mutable_failure()->set_details(activity.details());
    a.set_scheduled_event_id(activity.schedule_id());
    a.set_started_event_id(activity.started_id());
    a.set_identity(activity.started_identity());
    tx.add(std::move(e));
  }
}

void reapply_signals(transaction& tx, const std::vector<api::HistoryEvent>& events, bool keep_request_ids) {
  for (const auto& from : events) {
    if (!from.has_workflow_execution_signaled_event_attributes())
      continue;
    api::HistoryEvent e;
    auto& a = *e.mutable_workflow_execution_signaled_event_attributes();
    a = from.workflow_execution_signaled_event_attributes();
    // It has been delivered once under its request id. In several clusters that tells it from another signal when the
    // base wins over this run.
    if (!keep_request_ids)
      a.clear_request_id();
    tx.add(std::move(e));
  }
}

} // namespace

namespace {

/// To the letter as the reference system says it.
error middle_of_batch(const std::vector<batch>& history, std::int64_t event_id) {
  std::int64_t version = local_version;
  std::string last;
  if (!history.empty()) {
    const auto& end = *history.back()->events().rbegin();
    last = std::to_string(end.event_id()) + ", version :" + std::to_string(end.version());
    if (const auto* event = base_events(history).find(event_id, 0))
      version = event->version();
  }
  return bad_request(
      "nDCStateRebuilder unable to rebuild mutable state to event ID: " + std::to_string(event_id) +
      ", version: " + std::to_string(version) +
      ", baseLastEventID + baseLastEventVersion is not the same as the last event of the last batch, event "
      "ID: " +
      last + " ,typically because of attemptting to rebuild to a middle of a batch");
}

/// "WorkflowExecutionSignaled".
std::string type_name(const api::HistoryEvent& event) {
  const auto* oneof = event.GetDescriptor()->FindOneofByName("attributes");
  const auto* field = event.GetReflection()->GetOneofFieldDescriptor(event, oneof);
  std::string out;
  if (field == nullptr)
    return out;
  bool upper = true;
  const std::string_view name = field->name();
  for (const char c : name.substr(0, name.rfind("_event_attributes"))) {
    if (c != '_')
      out += upper ? static_cast<char>(c - 'a' + 'A') : c;
    upper = c == '_';
  }
  return out;
}

} // namespace

outcome<void> check_reset(const run& base, std::int64_t decision_finish_event_id) {
  // A closed run has forgotten the decision it ended with; the type of the event says the rest.
  if (!base.closed() && !base.has_processed_or_pending_decision())
    return bad_request("Cannot reset workflow without a decision task schedule.");
  if (decision_finish_event_id <= first_event_id || decision_finish_event_id > base.next_event_id())
    return bad_request("Decision finish ID must be > 1 && <= workflow next event ID.");
  return {};
}

outcome<std::unique_ptr<successor>> reset(const reset_input& input, const environment& env, task_id_source& ids) {
  const auto finish_id = input.decision_finish_event_id;
  if (input.finish_event == nullptr || !may_reset_to(*input.finish_event))
    return bad_request("reset event must be of type DecisionTaskStarted, DecisionTaskTimedOut, DecisionTaskFailed, or "
                       "DecisionTaskCompleted" +
                       (input.finish_event == nullptr
                            ? std::string()
                            : ". Attempting to reset on event type: " + type_name(*input.finish_event)));
  if (input.base_history.empty() || input.base_history.back()->events().rbegin()->event_id() + 1 != finish_id)
    return middle_of_batch(input.base_history, finish_id - 1);

  auto made = std::make_unique<successor>();
  made->state =
      std::make_unique<run>(run_key{input.base->key().domain_id, input.base->key().workflow_id, input.new_run_id});
  base_events source(input.base_history);
  transaction tx(*made->state, env, source);
  tx.set_version_histories(forked(*input.base, finish_id, *env.chance));
  for (const auto& stored : input.base_history)
    CADENZA_TRY(tx.replay(*stored));
  CADENZA_ASSERT(tx.next_event_id() == finish_id, "a reset keeps exactly the events before the one it goes back to");
  const auto fork_version = tx.state().last_write_version();
  // The request id of the start stays: whoever sends it again means this run now.
  auto& fixed = tx.edit_fixed();
  *fixed.mutable_earlier_requests() = input.earlier;
  remember(*fixed.mutable_earlier_requests(), rec::REQUEST_RESET, input.request_id, input.new_run_id, input.content);
  fixed.set_start_ns(tx.now());
  fixed.set_jitter_s(input.base->fixed().jitter_s()); // no event tells it
  if (!tx.state().children().empty())
    return bad_request("Can not reset workflow with pending child workflows");

  end_decision(tx, input, fork_version);
  end_activities(tx, input.reason);
  if (!input.skip_signal_reapply)
    reapply_signals(tx, input.reapply, input.keep_request_ids || env.domain->row.domain().clusters_size() > 1);
  tx.head().set_next_decision_attempt(0);
  constexpr bool with_tasks = false;
  schedule_decision(tx, with_tasks);
  refresh_tasks(tx);
  auto changes = tx.close(ids);
  if (!changes)
    return changes.error();
  made->made = std::move(*changes);
  made->made.tree_version = input.tree_version;
  return made;
}

outcome<void> terminate_for_reset(transaction& tx, const std::string& reason) {
  return terminate(tx, {reason, {}, std::string(history_identity), {}, {}});
}

} // namespace cadenza::workflow
