#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/time_range.hpp"
#include "cli/values.hpp"

#include "uber/cadence/api/v1/service_worker.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

template <class Request> void set_activity(const invocation& call, Request& request) {
  request.set_domain(call.domain());
  request.mutable_workflow_execution()->set_workflow_id(call.text("workflow_id"));
  request.mutable_workflow_execution()->set_run_id(call.text("run_id"));
  request.set_activity_id(call.text("activity_id"));
  request.set_identity(call.text("identity").empty() ? identity() : call.text("identity"));
}

/// Why an activity cannot be answered for, as far as the run's pending activities tell.
std::string reason_text(invocation& call, const error& reason) {
  if (reason.kind != error_kind::entity_not_exists && reason.kind != error_kind::bad_request)
    return explain(reason);
  api::DescribeWorkflowExecutionRequest request;
  request.set_domain(call.domain());
  request.mutable_workflow_execution()->set_workflow_id(call.text("workflow_id"));
  request.mutable_workflow_execution()->set_run_id(call.text("run_id"));
  api::DescribeWorkflowExecutionResponse run;
  if (!call.call("WorkflowAPI/DescribeWorkflowExecution", request, run))
    return explain(reason);
  if (run.workflow_execution_info().has_close_time())
    return explain(reason);
  const auto& wanted = call.text("activity_id");
  std::string others;
  for (const auto& activity : run.pending_activities()) {
    others.append(others.empty() ? "" : ", ").append(activity.activity_id());
    if (activity.activity_id() != wanted)
      continue;
    if (activity.state() == api::PENDING_ACTIVITY_STATE_STARTED)
      return explain(reason);
    const auto due = (to_ns(activity.scheduled_time()) - now_ns()) / 1'000'000'000;
    if (activity.attempt() == 0)
      return "activity " + wanted + " is not running: no worker has taken it yet";
    return "activity " + wanted + " is not running: attempt " + std::to_string(activity.attempt() + 1) +
           (due > 0 ? " is due in " + span_text(due) : " waits for a worker");
  }
  return "there is no pending activity " + wanted + "; pending: " + (others.empty() ? "none" : others);
}

status complete(invocation& call) {
  api::RespondActivityTaskCompletedByIDRequest request;
  set_activity(call, request);
  request.mutable_result()->set_data(call.text("result"));
  api::RespondActivityTaskCompletedByIDResponse response;
  if (auto answer = call.call("WorkerAPI/RespondActivityTaskCompletedByID", request, response); !answer)
    return problem{"Completing activity failed", reason_text(call, answer.error())};
  done(call, "Complete activity successfully.");
  return {};
}

status fail(invocation& call) {
  api::RespondActivityTaskFailedByIDRequest request;
  set_activity(call, request);
  request.mutable_failure()->set_reason(call.text("reason"));
  request.mutable_failure()->set_details(call.text("detail"));
  api::RespondActivityTaskFailedByIDResponse response;
  if (auto answer = call.call("WorkerAPI/RespondActivityTaskFailedByID", request, response); !answer)
    return problem{"Failing activity failed", reason_text(call, answer.error())};
  done(call, "Fail activity successfully.");
  return {};
}

flag required(std::string names, std::string help) {
  flag result{std::move(names), std::move(help)};
  result.required = true;
  return result;
}

} // namespace

command workflow_activity_commands() {
  const auto common =
      execution_flags() + std::vector<flag>{required("activity_id,aid", "activity id"),
                                            {"identity", "identity of whoever responds; this tool when left out"}};
  command group{"activity", {"act"}, "Complete or fail an activity"};
  group.commands = {
      {"complete",
       {"comp"},
       "Complete an activity",
       common + std::vector<flag>{required("result", "result of the activity")},
       complete},
      {"fail",
       {},
       "Fail an activity",
       common + std::vector<flag>{required("reason,re", "reason of the failure"),
                                  required("detail", "details of the failure")},
       fail},
  };
  for (auto& one : group.commands)
    one.needs_domain = true;
  return group;
}

} // namespace cadenza::cli
