#pragma once

#include "harness.hpp"

#include "messages/wire_time.hpp"
#include "workflow/signal.hpp"

/// What tests of decision tasks share.
namespace cadenza::workflow::test {

inline api::RespondDecisionTaskCompletedRequest answer() {
  api::RespondDecisionTaskCompletedRequest out;
  out.set_identity("worker");
  out.set_binary_checksum("binary");
  return out;
}

inline void fail(bench& b, const decision_started& d) {
  api::RespondDecisionTaskFailedRequest request;
  request.set_cause(api::DECISION_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE);
  request.mutable_details()->set_data("why");
  request.set_identity("worker");
  const auto result = b.command([&](transaction& tx) { return fail_decision(tx, d.schedule_id, d.attempt, request); });
  BOOST_REQUIRE(bool(result));
}

inline bool time_out(bench& b, const rec::TimerTask& timer) {
  const auto result = b.command([&](transaction& tx) { return decision_timed_out(tx, timer); });
  BOOST_REQUIRE(bool(result));
  return *result;
}

inline rec::TimerTask start_to_close_timer(bench& b) {
  const auto timers = b.timers(rec::TIMER_DECISION_TIMEOUT);
  BOOST_REQUIRE_EQUAL(timers.size(), 1U);
  BOOST_REQUIRE_EQUAL(timers[0].timeout_type(), static_cast<int>(api::TIMEOUT_TYPE_START_TO_CLOSE));
  return timers[0];
}

} // namespace cadenza::workflow::test
