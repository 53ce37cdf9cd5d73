#include "bridge/checks/validate_workflow.hpp"

#include "messages/quoted.hpp"
#include "messages/utf8.hpp"
#include "messages/wire_time.hpp"
#include "workflow/retry.hpp"

namespace cadenza::bridge {

namespace api = uber::cadence::api::v1;

namespace {

/// Gives the seconds between firings; 0 without cron.
outcome<std::int64_t> cron_period(const checks& rules, const std::string& text) {
  if (text.empty() || !rules.hooks.cron_period_s)
    return std::int64_t{0};
  return rules.hooks.cron_period_s(text);
}

outcome<void> check_timeouts(const api::StartWorkflowExecutionRequest& request) {
  if (workflow::whole_seconds(request.execution_start_to_close_timeout()) <= 0)
    return bad_request("A valid ExecutionStartToCloseTimeoutSeconds is not set on request.");
  if (workflow::whole_seconds(request.task_start_to_close_timeout()) <= 0)
    return bad_request("A valid TaskStartToCloseTimeoutSeconds is not set on request.");
  return {};
}

outcome<void> check_delays(const checks& rules, const api::StartWorkflowExecutionRequest& request) {
  if (workflow::whole_seconds(request.delay_start()) < 0 || request.delay_start().nanos() < 0)
    return bad_request("A valid DelayStartSeconds is not set on request.");
  const auto jitter = workflow::whole_seconds(request.jitter_start());
  if (jitter < 0 || request.jitter_start().nanos() < 0)
    return bad_request("A valid JitterStartSeconds is not set on request (negative).");
  const auto period = cron_period(rules, request.cron_schedule());
  if (!period)
    return period.error();
  if (jitter > 0 && *period > 0 && jitter > *period)
    return bad_request("A valid JitterStartSeconds is not set on request (larger than cron duration).");
  return {};
}

outcome<void> check_attributes(const checks& rules, const api::StartWorkflowExecutionRequest& request) {
  if (!request.has_search_attributes() || !rules.hooks.search_attributes)
    return {};
  return rules.hooks.search_attributes(request.search_attributes(), request.domain());
}

outcome<void> check_registered(const workflow::domain_view& domain) {
  if (!domain.registered())
    return bad_request("Domain is deprecated.");
  return {};
}

outcome<void> check_async_queue(const workflow::domain_view& domain) {
  if (!domain.row.domain().async_workflow_config().enabled())
    return bad_request("async workflow is not enabled for domain " + domain.name);
  return {};
}

} // namespace

checked_domain check(const checks& rules, const api::StartWorkflowExecutionRequest& request) {
  auto domain = named_domain(rules, request.domain());
  if (!domain)
    return domain;
  if (request.workflow_id().empty())
    return bad_request("WorkflowId is not set on request.");
  if (!uuid::parse(request.request_id()))
    return bad_request("requestId " + quoted(utf8::excerpt(request.request_id())) + " is not a valid UUID");
  if (request.workflow_type().name().empty())
    return bad_request("WorkflowType is not set on request.");
  CADENZA_TRY(check_length(rules, request.domain(), rules.max.domain_length_max, "Domain"));
  CADENZA_TRY(check_length(rules, request.workflow_id(), rules.max.workflow_id_length_max, "WorkflowID"));
  CADENZA_TRY(workflow::validate_retry_policy(request.has_retry_policy() ? &request.retry_policy() : nullptr));
  CADENZA_TRY(check_length(rules, request.workflow_type().name(), rules.max.workflow_type_length_max, "WorkflowType"));
  CADENZA_TRY(check_task_list(rules, request.has_task_list(), request.task_list()));
  CADENZA_TRY(check_timeouts(request));
  CADENZA_TRY(check_delays(rules, request));
  CADENZA_TRY(check_length(rules, request.request_id(), rules.max.request_id_length_max, "RequestID"));
  CADENZA_TRY(check_attributes(rules, request));
  CADENZA_TRY(check_registered(**domain));
  CADENZA_TRY(check_blob(rules, request.input().data().size() + size_of(request.memo()), "input and memo of a start",
                         request.workflow_id()));
  return domain;
}

checked_domain check(const checks& rules, const api::SignalWithStartWorkflowExecutionRequest& whole) {
  const auto& request = whole.start_request();
  auto domain = named_domain(rules, request.domain());
  if (!domain)
    return domain;
  if (request.workflow_id().empty())
    return bad_request("WorkflowId is not set on request.");
  CADENZA_TRY(check_length(rules, request.domain(), rules.max.domain_length_max, "Domain"));
  CADENZA_TRY(check_length(rules, request.workflow_id(), rules.max.workflow_id_length_max, "WorkflowID"));
  if (whole.signal_name().empty())
    return bad_request("SignalName is not set on request.");
  CADENZA_TRY(check_length(rules, whole.signal_name(), rules.max.signal_name_length_max, "SignalName"));
  if (request.workflow_type().name().empty())
    return bad_request("WorkflowType is not set on request.");
  CADENZA_TRY(check_length(rules, request.workflow_type().name(), rules.max.workflow_type_length_max, "WorkflowType"));
  CADENZA_TRY(check_task_list(rules, request.has_task_list(), request.task_list()));
  CADENZA_TRY(check_length(rules, request.request_id(), rules.max.request_id_length_max, "RequestID"));
  CADENZA_TRY(check_timeouts(request));
  CADENZA_TRY(workflow::validate_retry_policy(request.has_retry_policy() ? &request.retry_policy() : nullptr));
  CADENZA_TRY(check_delays(rules, request));
  CADENZA_TRY(check_attributes(rules, request));
  CADENZA_TRY(check_registered(**domain));
  CADENZA_TRY(check_blob(rules, whole.signal_input().data().size(), "input of a signal", request.workflow_id()));
  CADENZA_TRY(check_blob(rules, request.input().data().size() + size_of(request.memo()), "input and memo of a start",
                         request.workflow_id()));
  return domain;
}

checked_domain check(const checks& rules, const api::StartWorkflowExecutionAsyncRequest& request) {
  auto domain = check(rules, request.request());
  if (domain)
    CADENZA_TRY(check_async_queue(**domain));
  return domain;
}

checked_domain check(const checks& rules, const api::SignalWithStartWorkflowExecutionAsyncRequest& request) {
  auto domain = check(rules, request.request());
  if (domain)
    CADENZA_TRY(check_async_queue(**domain));
  return domain;
}

} // namespace cadenza::bridge
