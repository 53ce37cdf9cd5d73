#include "cli/reset_point.hpp"

#include "cli/history_reader.hpp"
#include "cli/output.hpp"
#include "cli/time_range.hpp"

#include <deque>

namespace cadenza::cli {

namespace api = uber::cadence::api::v1;

namespace {

struct run_ref {
  std::string workflow_id;
  std::string run_id;
};

using event_filter = std::function<bool(const api::HistoryEvent&)>;

bool is_completed(const api::HistoryEvent& event) { return event.has_decision_task_completed_event_attributes(); }
bool is_scheduled(const api::HistoryEvent& event) { return event.has_decision_task_scheduled_event_attributes(); }

const error& none_found() {
  static const error reason = not_exists("no such decision in the history");
  return reason;
}

outcome<std::int64_t> first_event(invocation& call, const run_ref& run, const event_filter& wanted) {
  std::int64_t found = 0;
  CADENZA_TRY(read_history(call, {run.workflow_id, run.run_id}, [&](const api::HistoryEvent& event) {
    if (wanted(event))
      found = event.event_id();
    return found == 0;
  }));
  if (found == 0)
    return none_found();
  return found;
}

/// The last event that `wanted` accepts, or the one `back` such events before it.
outcome<std::int64_t> last_event(invocation& call, const run_ref& run, const event_filter& wanted, std::int64_t back) {
  std::deque<std::int64_t> last;
  CADENZA_TRY(read_history(call, {run.workflow_id, run.run_id}, [&](const api::HistoryEvent& event) {
    if (wanted(event))
      last.push_back(event.event_id());
    if (static_cast<std::int64_t>(last.size()) > back + 1)
      last.pop_front();
    return true;
  }));
  if (last.empty())
    return none_found();
  return last.front();
}

outcome<reset_point> continued_point(invocation& call, const run_ref& run) {
  std::string base;
  CADENZA_TRY(read_history(call, {run.workflow_id, run.run_id}, [&](const api::HistoryEvent& event) {
    base = event.workflow_execution_started_event_attributes().continued_execution_run_id();
    return false;
  }));
  if (base.empty())
    return bad_request("the run was not continued from another one");
  auto event = last_event(call, {run.workflow_id, base}, is_completed, 0);
  if (!event)
    return event.error();
  return reset_point{base, *event};
}

outcome<reset_point> bad_binary_point(invocation& call, const run_ref& run) {
  const auto described = describe_run(call, run.workflow_id, run.run_id);
  if (!described)
    return described.error();
  const auto now = now_ns();
  for (const auto& point : described->workflow_execution_info().auto_reset_points().points())
    if (point.binary_checksum() == call.text("reset_bad_binary_checksum") && point.resettable() &&
        (!point.has_expiring_time() || to_ns(point.expiring_time()) == 0 || to_ns(point.expiring_time()) > now))
      // The point may be of an earlier run of the chain: its event is that run's.
      return reset_point{point.run_id().empty() ? run.run_id : point.run_id(), point.first_decision_completed_id()};
  return none_found();
}

outcome<reset_point> timed_point(invocation& call, const run_ref& run) {
  if (call.given("earliest_time") == call.given("latest_time"))
    return bad_request("resetType DecisionCompletedTime requires exactly one of --earliest_time or --latest_time");
  const bool earliest = call.given("earliest_time");
  const auto& text = call.text(earliest ? "earliest_time" : "latest_time");
  const auto limit = parse_time(text, now_ns());
  if (!limit)
    return bad_request("cannot parse time '" + text + "'");
  auto event =
      earliest
          ? first_event(
                call, run,
                [&](const api::HistoryEvent& one) { return is_completed(one) && to_ns(one.event_time()) >= *limit; })
          : last_event(
                call, run,
                [&](const api::HistoryEvent& one) { return is_completed(one) && to_ns(one.event_time()) <= *limit; },
                0);
  if (!event)
    return event.error();
  return reset_point{run.run_id, *event};
}

} // namespace

outcome<reset_point> find_reset_point(invocation& call, const std::string& workflow_id, const std::string& run_id) {
  const run_ref run{workflow_id, run_id};
  const auto& type = call.text("reset_type");
  const auto back = -call.number("decision_offset");
  const auto at = [&run_id](const outcome<std::int64_t>& event, std::int64_t shift) -> outcome<reset_point> {
    if (!event)
      return event.error();
    return reset_point{run_id, *event + shift};
  };
  // The event named by a reset is the first that the new run does not have: hence one past a scheduled decision.
  if (type == "FirstDecisionCompleted")
    return at(first_event(call, run, is_completed), 0);
  if (type == "LastDecisionCompleted")
    return at(last_event(call, run, is_completed, back), 0);
  if (type == "FirstDecisionScheduled")
    return at(first_event(call, run, is_scheduled), 1);
  if (type == "LastDecisionScheduled")
    return at(last_event(call, run, is_scheduled, back), 1);
  if (type == "LastContinuedAsNew")
    return continued_point(call, run);
  if (type == "BadBinary")
    return bad_binary_point(call, run);
  return timed_point(call, run);
}

outcome<api::DescribeWorkflowExecutionResponse> describe_run(invocation& call, const std::string& workflow_id,
                                                             const std::string& run_id) {
  api::DescribeWorkflowExecutionRequest request;
  request.set_domain(call.domain());
  request.mutable_workflow_execution()->set_workflow_id(workflow_id);
  request.mutable_workflow_execution()->set_run_id(run_id);
  api::DescribeWorkflowExecutionResponse response;
  CADENZA_TRY(call.call("WorkflowAPI/DescribeWorkflowExecution", request, response));
  return response;
}

outcome<api::ResetWorkflowExecutionResponse> reset_run(invocation& call, const std::string& workflow_id,
                                                       const reset_point& point) {
  api::ResetWorkflowExecutionRequest request;
  request.set_domain(call.domain());
  request.mutable_workflow_execution()->set_workflow_id(workflow_id);
  request.mutable_workflow_execution()->set_run_id(point.run_id);
  request.set_reason(user_name() + ":" + call.text("reason"));
  request.set_decision_finish_event_id(point.event_id);
  request.set_request_id(new_id());
  request.set_skip_signal_reapply(call.on("skip_signal_reapply"));
  api::ResetWorkflowExecutionResponse response;
  CADENZA_TRY(call.call("WorkflowAPI/ResetWorkflowExecution", request, response));
  return response;
}

status check_reset_flags(const invocation& call) {
  if (call.number("decision_offset") > 0)
    return problem{"Only decision offset <=0 is supported", ""};
  if (call.text("reset_type") == "BadBinary" && call.text("reset_bad_binary_checksum").empty())
    return missing("--reset_bad_binary_checksum", "reset type BadBinary needs it");
  return {};
}

std::vector<flag> reset_flags() {
  flag reason{"reason,re", "why; recorded with the new run"};
  reason.required = true;
  return {reason,
          {"reset_type",
           "where to reset",
           flag_kind::text,
           "",
           "",
           false,
           {"FirstDecisionCompleted", "LastDecisionCompleted", "LastContinuedAsNew", "BadBinary",
            "DecisionCompletedTime", "FirstDecisionScheduled", "LastDecisionScheduled"}},
          {"decision_offset", "how many decisions to go back from the last, as -2", flag_kind::number, "0"},
          {"reset_bad_binary_checksum", "checksum for reset type BadBinary"},
          {"earliest_time,et", "for DecisionCompletedTime: the first decision not completed before this time"},
          {"latest_time,lt", "for DecisionCompletedTime: the last decision not completed after this time"},
          {"skip_signal_reapply", "do not carry later signals over", flag_kind::toggle}};
}

} // namespace cadenza::cli
