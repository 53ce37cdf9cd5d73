#include "workflow/replay.hpp"

#include "messages/invariant.hpp"
#include "messages/wire_time.hpp"
#include "workflow/apply.hpp"
#include "workflow/decision_state.hpp"
#include "workflow/event_kinds.hpp"
#include "workflow/version_history.hpp"

namespace cadenza::workflow {
namespace {

error inconsistent(const run_key& key, std::int64_t event_id, const std::string& what) {
  return {error_kind::internal_data_inconsistency, "history of " + key.workflow_id + " " + key.run_id.str() +
                                                       ", event " + std::to_string(event_id) + ": " + what};
}

/// Why `e` cannot be the next event of the run; null when it can. What is checked here would otherwise stop the
/// process: a stored history may come from another cluster.
const char* impossible(const run& r, const api::HistoryEvent& e) {
  const auto type = e.attributes_case();
  if (type == api::HistoryEvent::ATTRIBUTES_NOT_SET)
    return "it has no attributes";
  if (e.event_id() != r.next_event_id())
    return "event ids are not consecutive";
  const bool first = type == api::HistoryEvent::kWorkflowExecutionStartedEventAttributes;
  if (first != (r.head().state() == run_state::none))
    return "a history begins with its only started event";
  if (r.closed())
    return "it follows the end of the run";
  if (const auto last = last_version(r.current_branch()); last && e.version() < *last)
    return "its version is lower than that of the event before";
  if (r.head().state() == run_state::created && ends_run(type)) {
    const bool legal = e.has_workflow_execution_terminated_event_attributes() ||
                       e.has_workflow_execution_timed_out_event_attributes() ||
                       e.has_workflow_execution_continued_as_new_event_attributes();
    if (!legal)
      return "a run without decisions cannot end like this";
  }
  return nullptr;
}

class no_events final : public event_source {
public:
  const api::HistoryEvent* find(std::int64_t, std::int64_t) override { return nullptr; }
};

} // namespace

outcome<void> transaction::replay(const api::History& stored) {
  if (stored.events().empty())
    return inconsistent(run_.key_, run_.next_event_id(), "an empty batch");
  CADENZA_ASSERT(!closed_ && (passive_ || !has_new_events()), "stored events are replayed before new ones are added");
  auto& head = run_.head_;
  const auto batch_first_id = stored.events(0).event_id();
  for (const auto& e : stored.events()) {
    if (const char* why = impossible(run_, e); why != nullptr)
      return inconsistent(run_.key_, e.event_id(), why);
    auto& histories = *head.mutable_version_histories();
    append_event(*histories.mutable_branches(histories.current()), e.event_id(), e.version());
    head.set_next_event_id(e.event_id() + 1);
    apply(*this, e, batch_first_id);
  }
  const auto& last = *stored.events().rbegin();
  head.set_last_first_event_id(batch_first_id);
  head.set_last_event_task_id(last.task_id());
  head.set_history_size(head.history_size() + static_cast<std::int64_t>(stored.ByteSizeLong()));
  head.set_current_version(last.version());
  head.set_last_updated_ns(ns_of(last.event_time()));
  version_ = run_.closed() ? last.version() : std::max(version_, last.version());
  // Attempts after the first leave no events: whoever goes on from here must find a decision to dispatch or to time
  // out.
  if (!run_.closed() && !run_.has_pending_decision() && head.next_decision_attempt() > 0)
    note_decision_scheduled(*this, last.version(), run_.next_event_id(), run_.fixed_.task_list(),
                            run_.fixed_.decision_timeout_s(), head.next_decision_attempt(), ns_of(last.event_time()));
  return {};
}

void transaction::keep() {
  CADENZA_ASSERT(!has_new_events() && count_ids() == 0,
                 "a state that is only rebuilt has no events and tasks to write");
  run_.activities_.accept();
  run_.timers_.accept();
  run_.children_.accept();
  run_.cancel_requests_.accept();
  run_.signals_.accept();
  run_.signal_requests_.accept();
  run_.buffered_.accept();
  closed_ = true;
}

outcome<std::unique_ptr<run>> replay(run_key key, const std::vector<batch>& history, const rec::HistoryBranch& branch,
                                     const environment& env) {
  auto r = std::make_unique<run>(std::move(key));
  no_events source;
  transaction tx(*r, env, source);
  rec::VersionHistories histories;
  *histories.add_branches()->mutable_branch() = branch;
  tx.set_version_histories(std::move(histories));
  for (const auto& stored : history)
    CADENZA_TRY(tx.replay(*stored));
  if (r->head().state() == run_state::none)
    return inconsistent(r->key(), first_event_id, "there are no events");
  tx.keep();
  return r;
}

} // namespace cadenza::workflow
