#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/payload.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

void set_execution(const invocation& call, api::WorkflowExecution& execution) {
  execution.set_workflow_id(call.text("workflow_id"));
  execution.set_run_id(call.text("run_id"));
}

status terminate(invocation& call) {
  api::TerminateWorkflowExecutionRequest request;
  request.set_domain(call.domain());
  set_execution(call, *request.mutable_workflow_execution());
  request.set_reason(call.text("reason"));
  request.set_identity(identity());
  api::TerminateWorkflowExecutionResponse response;
  if (auto answer = call.call("WorkflowAPI/TerminateWorkflowExecution", request, response); !answer)
    return failed("Terminate workflow failed.", answer.error());
  done(call, "Terminate workflow succeeded.");
  return {};
}

status cancel(invocation& call) {
  api::RequestCancelWorkflowExecutionRequest request;
  request.set_domain(call.domain());
  set_execution(call, *request.mutable_workflow_execution());
  request.set_cause(call.text("reason"));
  request.set_identity(identity());
  request.set_request_id(new_id());
  api::RequestCancelWorkflowExecutionResponse response;
  if (auto answer = call.call("WorkflowAPI/RequestCancelWorkflowExecution", request, response); !answer)
    return failed("Cancel workflow failed.", answer.error());
  done(call, "Cancel workflow succeeded.");
  return {};
}

status signal(invocation& call) {
  auto input = json_input(call, "input", "input_file");
  if (!input)
    return failed("Error processing JSON input.", input.error());
  api::SignalWorkflowExecutionRequest request;
  request.set_domain(call.domain());
  set_execution(call, *request.mutable_workflow_execution());
  request.set_signal_name(call.text("name"));
  if (!input->empty())
    request.mutable_signal_input()->set_data(std::move(*input));
  request.set_identity(identity());
  request.set_request_id(new_id());
  api::SignalWorkflowExecutionResponse response;
  if (auto answer = call.call("WorkflowAPI/SignalWorkflowExecution", request, response); !answer)
    return failed("Signal workflow failed.", answer.error(), request.signal_input().data().size());
  done(call, "Signal workflow succeeded.");
  return {};
}

status restart(invocation& call) {
  api::RestartWorkflowExecutionRequest request;
  request.set_domain(call.domain());
  set_execution(call, *request.mutable_workflow_execution());
  request.set_identity(identity());
  api::RestartWorkflowExecutionResponse response;
  if (auto answer = call.call("WorkflowAPI/RestartWorkflowExecution", request, response); !answer)
    return failed("Restart workflow failed.", answer.error());
  const auto& workflow_id = call.text("workflow_id");
  done(call, "Restarted Workflow Id: " + workflow_id + ", run Id: " + response.run_id(),
       {{"workflowId", workflow_id}, {"runId", response.run_id()}});
  return {};
}

status refresh_tasks(invocation& call) {
  api::RefreshWorkflowTasksRequest request;
  request.set_domain(call.domain());
  set_execution(call, *request.mutable_workflow_execution());
  api::RefreshWorkflowTasksResponse response;
  if (auto answer = call.call("WorkflowAPI/RefreshWorkflowTasks", request, response); !answer)
    return failed("Refresh workflow tasks failed.", answer.error());
  done(call, "Refresh workflow tasks succeeded.");
  return {};
}

} // namespace

std::vector<command> workflow_control_commands() {
  const std::vector<flag> reason{{"reason,re", "why; recorded with the workflow"}};
  flag name{"name,n", "signal name"};
  name.required = true;
  std::vector<command> commands{
      {"signal",
       {"s"},
       "Signal a workflow",
       execution_flags() +
           std::vector<flag>{name, {"input,i", "input as JSON"}, {"input_file,if", "file with the input"}},
       signal},
      {"cancel", {"c"}, "Cancel a workflow; its code may clean up first", execution_flags() + reason, cancel},
      {"terminate", {"term"}, "Terminate a workflow at once", execution_flags() + reason, terminate},
      {"restart", {"res"}, "Start a workflow again as it was first started", execution_flags(), restart},
      {"refresh-tasks", {"rt"}, "Regenerate a workflow's pending tasks", execution_flags(), refresh_tasks},
  };
  for (auto& one : commands)
    one.needs_domain = true;
  commands.push_back(workflow_diagnose_command());
  return commands;
}

} // namespace cadenza::cli
