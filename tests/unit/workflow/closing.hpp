#pragma once

#include "harness.hpp"

#include "messages/wire_time.hpp"
#include "workflow/close.hpp"
#include "workflow/external.hpp"
#include "workflow/signal.hpp"

/// What tests of the end of runs share.
namespace cadenza::workflow::test {

inline const std::string timeout_reason = "cadenceInternal:Timeout START_TO_CLOSE";

template <class Change> api::Decision continue_with(Change&& change) {
  api::Decision d;
  change(*d.mutable_continue_as_new_workflow_execution_decision_attributes());
  return d;
}

inline api::Decision continue_with_nothing() {
  return continue_with([](auto&) {});
}

inline api::WorkflowExecutionContinuedAsNewEventAttributes continued(bench& b) {
  return b.events().back().workflow_execution_continued_as_new_event_attributes();
}

inline api::WorkflowExecutionStartedEventAttributes started(bench& b) {
  return b.event(1).workflow_execution_started_event_attributes();
}

/// Looks at the run after the one that was just closed.
inline void follow(bench& b) {
  BOOST_REQUIRE(b.last.next != nullptr);
  const auto id = continued(b).new_execution_run_id();
  BOOST_TEST(uuid::from_raw(b.last.current->run_id()).str() == id);
  b.look_at(id);
}

/// What the successor of the last commit wrote.
inline std::vector<rec::TimerTask> next_timers(const bench& b, rec::TimerType type) {
  std::vector<rec::TimerTask> out;
  for (const auto& task : b.last.next->made.timers)
    if (task.type() == type)
      out.push_back(task);
  return out;
}

inline void request_cancel_of(bench& b) {
  cancel_input input;
  input.request_id = "c";
  BOOST_REQUIRE(bool(b.command([&](transaction& tx) { return request_cancel(tx, input); })));
}

inline bool time_out(bench& b) {
  rec::TimerTask timer;
  timer.set_version(local_version);
  const auto result = b.command([&](transaction& tx) { return workflow_timed_out(tx, timer); });
  BOOST_REQUIRE_MESSAGE(bool(result), (result ? "" : result.error().message));
  return *result;
}

inline api::StartWorkflowExecutionRequest with_retry(bench& b, int attempts, int expiration_s = 0) {
  auto request = b.request();
  auto& p = *request.mutable_retry_policy();
  set_seconds(*p.mutable_initial_interval(), 2);
  p.set_backoff_coefficient(2);
  p.set_maximum_attempts(attempts);
  set_seconds(*p.mutable_expiration_interval(), expiration_s);
  return request;
}

inline api::StartWorkflowExecutionRequest with_cron(bench& b, const std::string& text) {
  auto request = b.request();
  request.set_cron_schedule(text);
  return request;
}

/// The run's back-off is over and its first decision there.
inline void wake(bench& b) {
  b.advance_s(b.state().fixed().first_decision_backoff_s());
  b.change([](transaction& tx) { BOOST_TEST(backoff_over(tx)); });
}

} // namespace cadenza::workflow::test
