#include "bridge/checks/validate_workflow.hpp"
#include "bridge/handlers/forward.hpp"

#include "actors/base/system_sources.hpp"
#include "actors/system/diagnosis_workflow.hpp"
#include "messages/wire_time.hpp"

namespace cadenza::bridge {

namespace api = uber::cadence::api::v1;

namespace {

/// The start of the workflow that diagnoses the run. One at a time for each run; a closed one may be followed by
/// another.
body<api::StartWorkflowExecutionRequest> start_of(const api::DiagnoseWorkflowExecutionRequest& request) {
  const auto& run = request.workflow_execution();
  auto out = std::make_shared<api::StartWorkflowExecutionRequest>();
  out->set_domain(std::string(actors::diagnosis_domain));
  out->set_workflow_id(request.domain() + "-" + run.run_id());
  out->mutable_workflow_type()->set_name(std::string(actors::diagnosis_workflow_type));
  out->mutable_task_list()->set_name(std::string(actors::diagnosis_task_list));
  out->mutable_input()->set_data(
      actors::encode(actors::diagnosis_input{request.domain(), run.workflow_id(), run.run_id(), request.identity()}));
  workflow::set_seconds(*out->mutable_execution_start_to_close_timeout(), actors::diagnosis_timeout_s);
  workflow::set_seconds(*out->mutable_task_start_to_close_timeout(), actors::diagnosis_decision_timeout_s);
  out->set_identity(request.identity());
  out->set_request_id(actors::system_entropy().new_uuid().str());
  out->set_workflow_id_reuse_policy(api::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);
  return out;
}

void diagnose(rpc_context& context, body<api::DiagnoseWorkflowExecutionRequest> request, actors::call_ptr call) {
  if (!context.admit(rate_class::user, request->domain(), {}, *call))
    return;
  const auto asked = context.look(request->domain());
  if (const auto domain = check(asked.rules(), *request); !domain)
    return call->reject(domain.error());
  auto start = start_of(*request);
  const auto view = context.look(actors::diagnosis_domain);
  auto domain = check(view.rules(), *start);
  if (!domain)
    return call->reject(domain.error());
  api::DiagnoseWorkflowExecutionResponse response;
  response.set_domain(start->domain());
  response.mutable_diagnostic_workflow_execution()->set_workflow_id(start->workflow_id());
  auto started = std::make_shared<actors::inner_call<api::StartWorkflowExecutionResponse>>(
      call->deadline_ns(), [call, response = std::move(response)](const api::StartWorkflowExecutionResponse* made,
                                                                  const error* reason) mutable {
        if (reason != nullptr && (reason->kind != error_kind::workflow_already_started || !reason->detail))
          return call->reject(*reason);
        response.mutable_diagnostic_workflow_execution()->set_run_id(reason != nullptr ? reason->detail->run_id
                                                                                       : made->run_id());
        call->reply(response);
      });
  context.engine().start(std::move(*domain), std::move(start), std::move(started));
}

} // namespace

void add_diagnosis_methods(method_table& table) {
  table.on<api::DiagnoseWorkflowExecutionRequest, &diagnose>("uber.cadence.api.v1.WorkflowAPI",
                                                             "DiagnoseWorkflowExecution");
}

} // namespace cadenza::bridge
