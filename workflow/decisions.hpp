#pragma once

#include "workflow/decision_task.hpp"
#include "workflow/transaction.hpp"

#include "uber/cadence/api/v1/decision.pb.h"

#include <map>
#include <optional>
#include <string>

namespace cadenza::workflow {

/// Carries out the decisions of one answer in order. Made by complete_decision after the completed event was added.
class decision_handler {
public:
  decision_handler(transaction& tx, std::int64_t completed_event_id, const std::string& identity,
                   bool unhandled_events);

  /// One decision. An error is an infrastructure error for the caller (unknown decision type ⇒ bad_request).
  [[nodiscard]] outcome<void> handle(const api::Decision& decision);

  /// No further decision is to be handled: the run was closed by the server, or the answer failed as a whole.
  [[nodiscard]] bool stopped() const { return stopped_; }
  /// Set when the answer is rejected: the transaction must be restarted and a failed decision written.
  [[nodiscard]] const std::optional<api::DecisionTaskFailedCause>& failed() const { return failed_; }
  [[nodiscard]] const std::string& failed_message() const { return failed_message_; }
  /// An unstarted activity was canceled: a new decision is needed.
  [[nodiscard]] bool needs_decision() const { return needs_decision_; }
  /// Events were waiting in the buffer (and still are: canceling a timer may take the last one away).
  [[nodiscard]] bool unhandled_events() const { return unhandled_events_; }
  [[nodiscard]] const std::map<std::string, local_activity>& local_activities() const { return local_; }

private:
  using cause = api::DecisionTaskFailedCause;
  using result = outcome<void>;

  result on(const api::ScheduleActivityTaskDecisionAttributes&);
  result on(const api::RequestCancelActivityTaskDecisionAttributes&);
  result on(const api::StartTimerDecisionAttributes&);
  result on(const api::CancelTimerDecisionAttributes&);
  result on(const api::RecordMarkerDecisionAttributes&);
  result on(const api::CompleteWorkflowExecutionDecisionAttributes&);
  result on(const api::FailWorkflowExecutionDecisionAttributes&);
  result on(const api::CancelWorkflowExecutionDecisionAttributes&);
  result on(const api::ContinueAsNewWorkflowExecutionDecisionAttributes&);
  result on(const api::StartChildWorkflowExecutionDecisionAttributes&);
  result on(const api::SignalExternalWorkflowExecutionDecisionAttributes&);
  result on(const api::RequestCancelExternalWorkflowExecutionDecisionAttributes&);
  result on(const api::UpsertWorkflowSearchAttributesDecisionAttributes&);

  /// Rejects the whole answer.
  result reject(cause why, std::string message);
  /// Rejects the whole answer for `why` when a check of the attributes failed; other errors go to the caller. Goes on
  /// when the answer is not `stopped_` afterwards.
  result checked(const outcome<void>& check, cause why);
  result check(const api::ScheduleActivityTaskDecisionAttributes&, const domain_view& target) const;
  result check(const api::StartChildWorkflowExecutionDecisionAttributes&, const domain_view& target) const;
  result check(const api::SignalExternalWorkflowExecutionDecisionAttributes&, const domain_view& target) const;
  result check(const api::RequestCancelExternalWorkflowExecutionDecisionAttributes&, const domain_view& target) const;
  result check(const api::ContinueAsNewWorkflowExecutionDecisionAttributes&) const;
  result check(const api::UpsertWorkflowSearchAttributesDecisionAttributes&) const;
  /// Writes the event that closes the run as canceled. `details` may be null.
  void cancel_run(const std::string* details);
  /// Closes the run as failed by the server (blob too large and the like) and stops.
  result fail_run(const std::string& reason, const std::string& details);
  /// True when the payload is too large; the run is then failed.
  [[nodiscard]] bool too_large(std::size_t bytes, const char* what);
  /// True when a close decision must be rejected because of unhandled events (it has been).
  [[nodiscard]] bool blocked_by_unhandled(const char* what);

  transaction& tx_;
  const std::int64_t completed_id_;
  const std::string identity_;
  bool unhandled_events_;
  bool stopped_ = false;
  bool needs_decision_ = false;
  std::optional<cause> failed_;
  std::string failed_message_;
  std::map<std::string, local_activity> local_;
};

/// The task list a decision means. bad_request names what is wrong.
[[nodiscard]] outcome<api::TaskList> decision_task_list(const run& r, const api::TaskList& wanted, const rules& limits);

} // namespace cadenza::workflow
