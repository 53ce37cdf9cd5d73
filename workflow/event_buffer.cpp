#include "messages/invariant.hpp"
#include "workflow/event_kinds.hpp"
#include "workflow/transaction.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace cadenza::workflow {
namespace {

/// What makes two buffered events the same one: type, scheduled or initiated id, attempt, started id.
using identity_key = std::tuple<int, std::int64_t, std::int64_t, std::int64_t>;

template <class Attributes> identity_key of_activity_end(event_type type, const Attributes& a) {
  return {type, a.scheduled_event_id(), 0, a.started_event_id()};
}
template <class Attributes> identity_key of_child_end(event_type type, const Attributes& a) {
  return {type, a.initiated_event_id(), 0, a.started_event_id()};
}
template <class Attributes> identity_key of_initiated(event_type type, const Attributes& a) {
  return {type, a.initiated_event_id(), 0, 0};
}

/// Nothing: events of this type are all different (signals, timers, cancel requests).
std::optional<identity_key> key_of(const api::HistoryEvent& e) {
  using h = api::HistoryEvent;
  const auto type = e.attributes_case();
  switch (type) {
  case h::kActivityTaskStartedEventAttributes: {
    const auto& a = e.activity_task_started_event_attributes();
    return identity_key{type, a.scheduled_event_id(), a.attempt(), 0};
  }
  case h::kActivityTaskCompletedEventAttributes:
    return of_activity_end(type, e.activity_task_completed_event_attributes());
  case h::kActivityTaskFailedEventAttributes: return of_activity_end(type, e.activity_task_failed_event_attributes());
  case h::kActivityTaskCanceledEventAttributes:
    return of_activity_end(type, e.activity_task_canceled_event_attributes());
  case h::kActivityTaskTimedOutEventAttributes:
    return of_activity_end(type, e.activity_task_timed_out_event_attributes());
  case h::kChildWorkflowExecutionStartedEventAttributes:
    return of_initiated(type, e.child_workflow_execution_started_event_attributes());
  case h::kStartChildWorkflowExecutionFailedEventAttributes:
    return of_initiated(type, e.start_child_workflow_execution_failed_event_attributes());
  case h::kChildWorkflowExecutionCompletedEventAttributes:
    return of_child_end(type, e.child_workflow_execution_completed_event_attributes());
  case h::kChildWorkflowExecutionFailedEventAttributes:
    return of_child_end(type, e.child_workflow_execution_failed_event_attributes());
  case h::kChildWorkflowExecutionTimedOutEventAttributes:
    return of_child_end(type, e.child_workflow_execution_timed_out_event_attributes());
  case h::kChildWorkflowExecutionCanceledEventAttributes:
    return of_child_end(type, e.child_workflow_execution_canceled_event_attributes());
  case h::kChildWorkflowExecutionTerminatedEventAttributes:
    return of_child_end(type, e.child_workflow_execution_terminated_event_attributes());
  case h::kExternalWorkflowExecutionCancelRequestedEventAttributes:
    return of_initiated(type, e.external_workflow_execution_cancel_requested_event_attributes());
  case h::kRequestCancelExternalWorkflowExecutionFailedEventAttributes:
    return of_initiated(type, e.request_cancel_external_workflow_execution_failed_event_attributes());
  case h::kExternalWorkflowExecutionSignaledEventAttributes:
    return of_initiated(type, e.external_workflow_execution_signaled_event_attributes());
  case h::kSignalExternalWorkflowExecutionFailedEventAttributes:
    return of_initiated(type, e.signal_external_workflow_execution_failed_event_attributes());
  default: return std::nullopt;
  }
}

/// Results go behind everything else, so that no event follows one it depends on.
bool goes_to_tail(event_type type) {
  using h = api::HistoryEvent;
  switch (type) {
  case h::kActivityTaskCompletedEventAttributes:
  case h::kActivityTaskFailedEventAttributes:
  case h::kActivityTaskCanceledEventAttributes:
  case h::kActivityTaskTimedOutEventAttributes:
  case h::kChildWorkflowExecutionCompletedEventAttributes:
  case h::kChildWorkflowExecutionFailedEventAttributes:
  case h::kChildWorkflowExecutionTimedOutEventAttributes:
  case h::kChildWorkflowExecutionCanceledEventAttributes:
  case h::kChildWorkflowExecutionTerminatedEventAttributes: return true;
  default: return false;
  }
}

using started_ids = std::unordered_map<std::int64_t, std::int64_t>; ///< scheduled or initiated id → last started id

template <class Attributes> void point_to(const started_ids& started, std::int64_t origin, Attributes& attributes) {
  const auto i = started.find(origin);
  if (i != started.end())
    attributes.set_started_event_id(i->second);
}

/// Results refer to started events that had no id when they came.
void rewrite_started_id(api::HistoryEvent& e, const started_ids& started) {
  using h = api::HistoryEvent;
  const auto activity = [&](auto* a) { point_to(started, a->scheduled_event_id(), *a); };
  const auto child = [&](auto* a) { point_to(started, a->initiated_event_id(), *a); };
  switch (e.attributes_case()) {
  case h::kActivityTaskCompletedEventAttributes: return activity(e.mutable_activity_task_completed_event_attributes());
  case h::kActivityTaskFailedEventAttributes: return activity(e.mutable_activity_task_failed_event_attributes());
  case h::kActivityTaskCanceledEventAttributes: return activity(e.mutable_activity_task_canceled_event_attributes());
  case h::kActivityTaskTimedOutEventAttributes: return activity(e.mutable_activity_task_timed_out_event_attributes());
  case h::kChildWorkflowExecutionCompletedEventAttributes:
    return child(e.mutable_child_workflow_execution_completed_event_attributes());
  case h::kChildWorkflowExecutionFailedEventAttributes:
    return child(e.mutable_child_workflow_execution_failed_event_attributes());
  case h::kChildWorkflowExecutionTimedOutEventAttributes:
    return child(e.mutable_child_workflow_execution_timed_out_event_attributes());
  case h::kChildWorkflowExecutionCanceledEventAttributes:
    return child(e.mutable_child_workflow_execution_canceled_event_attributes());
  case h::kChildWorkflowExecutionTerminatedEventAttributes:
    return child(e.mutable_child_workflow_execution_terminated_event_attributes());
  default: return;
  }
}

bool is_timer_fired(const api::HistoryEvent& e, const std::string& timer_id) {
  return e.has_timer_fired_event_attributes() && e.timer_fired_event_attributes().timer_id() == timer_id;
}

} // namespace

bool transaction::has_buffered_events() const { return !unnumbered_.empty() || !run_.buffered_.empty(); }

void transaction::drop_buffered() {
  CADENZA_ASSERT(run_.closed(), "events are given up only with the run that waited for them");
  unnumbered_.clear();
  fired_.reset();
  run_.buffered_.clear();
  run_.head_.set_buffered_batches(0);
}

void transaction::flush_buffered() {
  CADENZA_ASSERT(!run_.has_started_decision(), "events stay buffered while a decision is with a worker");
  if (!has_buffered_events())
    return;
  drop_taken_timers();
  std::vector<api::HistoryEvent> head;
  if (!run_.buffered_.empty()) {
    std::vector<api::HistoryEvent> tail;
    std::set<identity_key> seen;
    for (const auto& [number, row] : run_.buffered_) {
      for (const auto& e : row.events()) {
        if (const auto key = key_of(e); key && !seen.insert(*key).second)
          continue;
        (goes_to_tail(e.attributes_case()) ? tail : head).push_back(e);
      }
    }
    std::move(tail.begin(), tail.end(), std::back_inserter(head));
    run_.buffered_.clear();
    run_.head_.set_buffered_batches(0);
  }
  std::move(unnumbered_.begin(), unnumbered_.end(), std::back_inserter(head));
  unnumbered_.clear();

  started_ids started;
  for (auto& e : head) {
    const auto id = run_.head_.next_event_id();
    if (e.has_activity_task_started_event_attributes()) {
      const auto scheduled = e.activity_task_started_event_attributes().scheduled_event_id();
      started.insert_or_assign(scheduled, id);
      if (auto* activity = run_.activities_.edit(scheduled)) {
        CADENZA_ASSERT(activity->started_id() == buffered_event_id, "an activity whose start gets its number had none");
        activity->set_started_id(id);
      }
    } else if (e.has_child_workflow_execution_started_event_attributes()) {
      const auto initiated = e.child_workflow_execution_started_event_attributes().initiated_event_id();
      started.insert_or_assign(initiated, id);
      if (auto* child = run_.children_.edit(initiated)) {
        CADENZA_ASSERT(child->started_id() == buffered_event_id, "a child whose start gets its number had none");
        child->set_started_id(id);
      }
    } else if (!started.empty()) {
      rewrite_started_id(e, started);
    }
    append(std::move(e), id);
  }
}

void transaction::index_fired_timers() {
  fired_.emplace();
  for (const auto& [number, row] : run_.buffered_)
    for (const auto& e : row.events())
      if (e.has_timer_fired_event_attributes()) {
        const auto& a = e.timer_fired_event_attributes();
        fired_->waiting.try_emplace(a.timer_id(), fired_timers::place{number, a.started_event_id()});
      }
}

std::optional<std::int64_t> transaction::take_buffered_timer_fired(const std::string& timer_id) {
  if (!fired_)
    index_fired_timers();
  if (const auto stored = fired_->waiting.find(timer_id); stored != fired_->waiting.end()) {
    const auto [number, started_id] = stored->second;
    fired_->waiting.erase(stored);
    auto& taken = fired_->taken[number];
    taken.insert(timer_id);
    // A row of nothing but taken events is gone at once: who asks whether anything is buffered must hear the truth.
    const auto* row = run_.buffered_.find(number);
    CADENZA_ASSERT(row != nullptr, "a fired timer is taken out of a row that is stored");
    if (taken.size() == static_cast<std::size_t>(row->events_size())) {
      run_.buffered_.erase(number);
      run_.head_.set_buffered_batches(run_.head_.buffered_batches() - 1);
      fired_->taken.erase(number);
    }
    return started_id;
  }
  const auto i =
      std::find_if(unnumbered_.begin(), unnumbered_.end(), [&](const auto& e) { return is_timer_fired(e, timer_id); });
  if (i == unnumbered_.end())
    return std::nullopt;
  const auto started_id = i->timer_fired_event_attributes().started_event_id();
  unnumbered_.erase(i);
  return started_id;
}

/// Takes the events of canceled timers out of the rows they are stored in.
void transaction::drop_taken_timers() {
  if (!fired_)
    return;
  for (const auto& [number, ids] : fired_->taken) {
    auto* row = run_.buffered_.edit(number);
    CADENZA_ASSERT(row != nullptr, "a row stays while events that were not taken are in it");
    auto& events = *row->mutable_events();
    events.erase(std::remove_if(events.begin(), events.end(),
                                [&ids = ids](const api::HistoryEvent& e) {
                                  return e.has_timer_fired_event_attributes() &&
                                         ids.contains(e.timer_fired_event_attributes().timer_id());
                                }),
                 events.end());
  }
  fired_.reset();
}

void transaction::store_buffered() {
  if (unnumbered_.empty())
    return;
  const auto number = run_.head_.next_buffered_row();
  CADENZA_ASSERT(!run_.buffered_.contains(number), "rows of buffered events are numbered once");
  rec::BufferedEvents row;
  row.set_format(1);
  for (auto& e : unnumbered_)
    *row.add_events() = std::move(e);
  unnumbered_.clear();
  run_.buffered_.put(number, std::move(row));
  run_.head_.set_next_buffered_row(number + 1);
  run_.head_.set_buffered_batches(run_.head_.buffered_batches() + 1);
}

} // namespace cadenza::workflow
