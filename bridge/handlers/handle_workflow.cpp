#include "bridge/checks/validate_workflow.hpp"
#include "bridge/handlers/forward.hpp"

#include "bridge/base/caller.hpp"

namespace cadenza::bridge {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::string_view service = "uber.cadence.api.v1.WorkflowAPI";

/// The list whose budget a request uses: a sticky list counts as the list it belongs to.
const std::string& budget_name(const api::TaskList& list) {
  return list.kind() == api::TASK_LIST_KIND_STICKY ? list.base_name() : list.name();
}

void start(rpc_context& context, body<api::StartWorkflowExecutionRequest> request, actors::call_ptr call) {
  if (!context.admit(rate_class::user, request->domain(), budget_name(request->task_list()), *call))
    return;
  const auto view = context.look(request->domain());
  auto domain = check(view.rules(), *request);
  if (!domain)
    return call->reject(domain.error());
  context.engine().start(std::move(*domain), std::move(request), std::move(call));
}

void signal_with_start(rpc_context& context, body<api::SignalWithStartWorkflowExecutionRequest> request,
                       actors::call_ptr call) {
  const auto& started = request->start_request();
  if (!context.admit(rate_class::user, started.domain(), budget_name(started.task_list()), *call))
    return;
  const auto view = context.look(started.domain());
  auto domain = check(view.rules(), *request);
  if (!domain)
    return call->reject(domain.error());
  context.engine().signal_with_start(std::move(*domain), std::move(request), std::move(call));
}

/// Only the validation exists: no domain has a queue that this server could write to.
template <class Request>
void refuse_async(rpc_context& context, const api::StartWorkflowExecutionRequest& started, const Request& request,
                  actors::call& call) {
  if (!context.admit(rate_class::async, started.domain(), budget_name(started.task_list()), call))
    return;
  const auto view = context.look(started.domain());
  const auto domain = check(view.rules(), request);
  if (!domain)
    return call.reject(domain.error());
  call.reject({error_kind::unimplemented, "queues of asynchronous requests are not implemented yet"});
}

void start_async(rpc_context& context, body<api::StartWorkflowExecutionAsyncRequest> request, actors::call_ptr call) {
  refuse_async(context, request->request(), *request, *call);
}

void signal_with_start_async(rpc_context& context, body<api::SignalWithStartWorkflowExecutionAsyncRequest> request,
                             actors::call_ptr call) {
  refuse_async(context, request->request().start_request(), *request, *call);
}

void cluster_info(rpc_context&, body<api::GetClusterInfoRequest>, actors::call_ptr call) {
  api::GetClusterInfoResponse response;
  response.mutable_supported_client_versions()->set_go_sdk(std::string(go_version_max));
  response.mutable_supported_client_versions()->set_java_sdk(std::string(java_version_max));
  call->reply(response);
}

} // namespace

void add_workflow_methods(method_table& table) {
  using actors::engine;
  constexpr auto user = rate_class::user;
  table.on<api::StartWorkflowExecutionRequest, &start>(service, "StartWorkflowExecution");
  table.on<api::SignalWithStartWorkflowExecutionRequest, &signal_with_start>(service,
                                                                             "SignalWithStartWorkflowExecution");
  table.on<api::StartWorkflowExecutionAsyncRequest, &start_async>(service, "StartWorkflowExecutionAsync");
  table.on<api::SignalWithStartWorkflowExecutionAsyncRequest, &signal_with_start_async>(
      service, "SignalWithStartWorkflowExecutionAsync");
  table.on<api::GetClusterInfoRequest, &cluster_info>(service, "GetClusterInfo");
  add_forward<user, &engine::signal>(table, service, "SignalWorkflowExecution");
  add_forward<user, &engine::request_cancel>(table, service, "RequestCancelWorkflowExecution");
  add_forward<user, &engine::terminate>(table, service, "TerminateWorkflowExecution");
  add_forward<user, &engine::reset>(table, service, "ResetWorkflowExecution");
  add_forward<user, &engine::restart>(table, service, "RestartWorkflowExecution");
  add_forward<user, &engine::describe>(table, service, "DescribeWorkflowExecution");
  add_forward<user, &engine::get_history>(table, service, "GetWorkflowExecutionHistory");
  add_forward<user, &engine::query>(table, service, "QueryWorkflow").asks_worker = true;
  add_forward<user, &engine::refresh_tasks>(table, service, "RefreshWorkflowTasks");
  add_forward<user, &engine::describe_task_list>(table, service, "DescribeTaskList");
  add_forward<user, &engine::list_task_list_partitions>(table, service, "ListTaskListPartitions");
  add_forward<user, &engine::task_lists_of_domain>(table, service, "GetTaskListsByDomain");
}

} // namespace cadenza::bridge
