#include "cli/commands.hpp"
#include "cli/output.hpp"

#include "uber/cadence/api/v1/service_worker.pb.h"

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

status complete(invocation& call) {
  api::RespondActivityTaskCompletedByIDRequest request;
  set_activity(call, request);
  request.mutable_result()->set_data(call.text("result"));
  api::RespondActivityTaskCompletedByIDResponse response;
  if (auto answer = call.call("WorkerAPI/RespondActivityTaskCompletedByID", request, response); !answer)
    return failed("Completing activity failed", answer.error());
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
    return failed("Failing activity failed", answer.error());
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
  const auto common = execution_flags() + std::vector<flag>{required("activity_id,aid", "activity id"),
                                                            {"identity", "who answers; this tool when left out"}};
  command group{"activity", {"act"}, "Answer for an activity"};
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
