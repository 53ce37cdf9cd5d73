#include "bridge/checks/validate_workflow.hpp"

#include "messages/paging.hpp"

namespace cadenza::bridge {

namespace api = uber::cadence::api::v1;

namespace {

/// Most calls about one run need no more than this.
template <class Request> checked_domain check_domain_and_execution(const checks& rules, const Request& request) {
  auto domain = named_domain(rules, request.domain());
  if (!domain)
    return domain;
  CADENZA_TRY(check_execution(request.has_workflow_execution(), request.workflow_execution()));
  return domain;
}

} // namespace

checked_domain check(const checks& rules, const api::SignalWorkflowExecutionRequest& request) {
  auto domain = named_domain(rules, request.domain());
  if (!domain)
    return domain;
  CADENZA_TRY(check_execution(request.has_workflow_execution(), request.workflow_execution()));
  CADENZA_TRY(check_length(rules, request.domain(), rules.max.domain_length_max, "Domain"));
  if (request.signal_name().empty())
    return bad_request("SignalName is not set on request.");
  CADENZA_TRY(check_length(rules, request.signal_name(), rules.max.signal_name_length_max, "SignalName"));
  CADENZA_TRY(check_length(rules, request.request_id(), rules.max.request_id_length_max, "RequestID"));
  CADENZA_TRY(check_blob(rules, request.signal_input().data().size(), "input of a signal",
                         request.workflow_execution().workflow_id()));
  return domain;
}

checked_domain check(const checks& rules, const api::RequestCancelWorkflowExecutionRequest& request) {
  return check_domain_and_execution(rules, request);
}

checked_domain check(const checks& rules, const api::TerminateWorkflowExecutionRequest& request) {
  return check_domain_and_execution(rules, request);
}

checked_domain check(const checks& rules, const api::ResetWorkflowExecutionRequest& request) {
  return check_domain_and_execution(rules, request);
}

checked_domain check(const checks& rules, const api::RestartWorkflowExecutionRequest& request) {
  return check_domain_and_execution(rules, request);
}

checked_domain check(const checks& rules, const api::DescribeWorkflowExecutionRequest& request) {
  return check_domain_and_execution(rules, request);
}

checked_domain check(const checks& rules, const api::RefreshWorkflowTasksRequest& request) {
  return check_domain_and_execution(rules, request);
}

checked_domain check(const checks& rules, const api::DiagnoseWorkflowExecutionRequest& request) {
  CADENZA_TRY(check_domain_set(request.domain()));
  if (request.workflow_execution().workflow_id().empty() || request.workflow_execution().run_id().empty())
    return bad_request("Execution is not set on request.");
  return check_domain_and_execution(rules, request);
}

checked_domain check(const checks& rules, const api::QueryWorkflowRequest& request) {
  auto domain = named_domain(rules, request.domain());
  if (!domain)
    return domain;
  CADENZA_TRY(check_execution(request.has_workflow_execution(), request.workflow_execution()));
  if (rules.max.query_disallowed)
    return bad_request("Domain is not allowed to query, please contact cadence team to re-enable queries.");
  if (!request.has_query())
    return bad_request("WorkflowQuery is not set on request.");
  if (request.query().query_type().empty())
    return bad_request("QueryType is not set on request.");
  CADENZA_TRY(check_blob(rules, request.query().query_args().data().size(), "arguments of a query",
                         request.workflow_execution().workflow_id()));
  return domain;
}

checked_domain check(const checks& rules, api::GetWorkflowExecutionHistoryRequest& request) {
  auto domain = check_domain_and_execution(rules, request);
  request.set_page_size(page_size(request.page_size(), rules.max.history_page_size, rules.max.history_page_size_max));
  return domain;
}

checked_domain check(const checks& rules, const api::DescribeTaskListRequest& request) {
  auto domain = named_domain(rules, request.domain());
  if (!domain)
    return domain;
  if (request.task_list_type() == api::TASK_LIST_TYPE_INVALID)
    return bad_request("TaskListType is not set on request.");
  CADENZA_TRY(check_task_list(rules, request.has_task_list(), request.task_list()));
  return domain;
}

checked_domain check(const checks& rules, const api::ListTaskListPartitionsRequest& request) {
  auto domain = named_domain(rules, request.domain());
  if (!domain)
    return domain;
  CADENZA_TRY(check_task_list(rules, request.has_task_list(), request.task_list()));
  return domain;
}

checked_domain check(const checks& rules, const api::GetTaskListsByDomainRequest& request) {
  return named_domain(rules, request.domain());
}

} // namespace cadenza::bridge
