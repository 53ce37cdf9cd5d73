#pragma once

#include "workflow/transaction.hpp"

/// What single kinds of events do to the state; `apply` chooses among these. Only for the apply*.cpp files.
namespace cadenza::workflow::events {

/// An event with its attributes taken apart.
struct context {
  transaction& tx;
  const api::HistoryEvent& event;
  std::int64_t batch_first_id;
  std::int64_t time_ns;
};

// --- apply_run.cpp
void on(const context& c, const api::WorkflowExecutionStartedEventAttributes& a);
void on(const context& c, const api::WorkflowExecutionSignaledEventAttributes& a);
void on(const context& c, const api::WorkflowExecutionCancelRequestedEventAttributes& a);
void on(const context& c, const api::UpsertWorkflowSearchAttributesEventAttributes& a);
void on_closed(const context& c, int close_status);

// --- apply_decision.cpp
void on(const context& c, const api::DecisionTaskScheduledEventAttributes& a);
void on(const context& c, const api::DecisionTaskStartedEventAttributes& a);
void on(const context& c, const api::DecisionTaskCompletedEventAttributes& a);
void on(const context& c, const api::DecisionTaskTimedOutEventAttributes& a);
void on(const context& c, const api::DecisionTaskFailedEventAttributes& a);

// --- apply_activity.cpp
void on(const context& c, const api::ActivityTaskScheduledEventAttributes& a);
void on(const context& c, const api::ActivityTaskStartedEventAttributes& a);
void on(const context& c, const api::ActivityTaskCancelRequestedEventAttributes& a);
void on_activity_closed(const context& c, std::int64_t schedule_id);

// --- apply_timer.cpp
void on(const context& c, const api::TimerStartedEventAttributes& a);
void on_timer_over(const context& c, const std::string& timer_id, std::int64_t started_id);

// --- apply_external.cpp
void on(const context& c, const api::StartChildWorkflowExecutionInitiatedEventAttributes& a);
void on(const context& c, const api::ChildWorkflowExecutionStartedEventAttributes& a);
void on_child_over(const context& c, std::int64_t initiated_id);
void on(const context& c, const api::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes& a);
void on_external_cancel_over(const context& c, std::int64_t initiated_id);
void on(const context& c, const api::SignalExternalWorkflowExecutionInitiatedEventAttributes& a);
void on_external_signal_over(const context& c, std::int64_t initiated_id);

} // namespace cadenza::workflow::events
