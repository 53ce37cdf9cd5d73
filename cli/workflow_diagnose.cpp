#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/reset_point.hpp"
#include "cli/stuck.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

void show_findings(invocation& call, const findings::conclusion& found) {
  call.out() << found.summary << '\n';
  if (found.findings.empty())
    call.out() << "Nothing is wrong, as far as the server can tell.\n";
  int number = 0;
  for (const auto& one : found.findings) {
    call.out() << ++number << ". " << one.text << '\n';
    if (!one.advice.empty())
      call.out() << "   -> " << one.advice << '\n';
  }
}

json findings_json(const findings::conclusion& found) {
  json list = json::array();
  for (const auto& one : found.findings)
    list.push_back({{"kind", one.kind}, {"text", one.text}, {"advice", one.advice}});
  return list;
}

/// Says itself what it finds, and has the server's own diagnosis made, for the web page and for scripts.
status diagnose(invocation& call) {
  const auto& workflow_id = call.text("workflow_id");
  auto run_id = call.text("run_id");
  if (run_id.empty()) {
    const auto current = describe_run(call, workflow_id, "");
    if (!current)
      return failed("Diagnose workflow failed.", current.error());
    run_id = current->workflow_execution_info().workflow_execution().run_id();
  }
  const auto found = diagnose_run(call, workflow_id, run_id);
  if (!found)
    return failed("Diagnose workflow failed.", found.error());
  api::DiagnoseWorkflowExecutionRequest request;
  request.set_domain(call.domain());
  request.mutable_workflow_execution()->set_workflow_id(workflow_id);
  request.mutable_workflow_execution()->set_run_id(run_id);
  request.set_identity(identity());
  api::DiagnoseWorkflowExecutionResponse response;
  const auto answer = call.call("WorkflowAPI/DiagnoseWorkflowExecution", request, response);
  const auto& report = response.diagnostic_workflow_execution();
  if (call.json()) {
    show_json(call, {{"domain", response.domain()},
                     {"workflowId", report.workflow_id()},
                     {"runId", report.run_id()},
                     {"summary", found->summary},
                     {"findings", findings_json(*found)}});
    return {};
  }
  show_findings(call, *found);
  if (answer)
    call.out() << "The server's report, for programs: " << call.program() << " --domain " << response.domain()
               << " workflow query " << report.workflow_id() << " query-diagnostics-report\n";
  else
    call.err() << "The server made no report: " << explain(answer.error()) << '\n';
  return {};
}

} // namespace

command workflow_diagnose_command() {
  command result{
      "diagnose", {"diag"}, "Explain why a workflow is stuck, and what to do about it", execution_flags(), diagnose};
  result.needs_domain = true;
  return result;
}

} // namespace cadenza::cli
