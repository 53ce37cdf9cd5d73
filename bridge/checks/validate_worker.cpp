#include "bridge/checks/validate_worker.hpp"

#include "actors/base/task_token.hpp"
#include "messages/constants.hpp"
#include "messages/utf8.hpp"

namespace cadenza::bridge {

namespace api = uber::cadence::api::v1;

namespace {

outcome<void> check_poll_time(const checks& rules, std::int64_t deadline_ns) {
  if (deadline_ns == INT64_MAX)
    return bad_request("Context timeout is not set.");
  if (deadline_ns - rules.now_ns < rules.max.poll_deadline_min_ns)
    return bad_request("Context timeout is too short.");
  return {};
}

outcome<task_call> resolve(const checks& rules, outcome<actors::task_token> token) {
  if (!token)
    return token.error();
  auto domain = find_domain(rules, token->domain_id);
  if (!domain)
    return domain.error();
  return task_call{std::move(*domain), std::move(*token)};
}

bool exceeds(const checks& rules, const std::string& blob) {
  return static_cast<std::int64_t>(blob.size()) > rules.max.blob_size_max;
}

/// An answer that is too large becomes a failed query.
void check_answer(const checks& rules, api::WorkflowQueryResult& result, const std::string& workflow_id,
                  const std::string& domain) {
  note_blob(rules, result.answer().data().size(), "answer of a query", workflow_id, domain);
  if (!exceeds(rules, result.answer().data()))
    return;
  result.Clear();
  result.set_result_type(api::QUERY_RESULT_TYPE_FAILED);
  result.set_error_message("Blob data size exceeds limit.");
}

void cut(const checks& rules, std::string& blob) {
  if (exceeds(rules, blob))
    blob.resize(static_cast<std::size_t>(rules.max.blob_size_max));
}

} // namespace

outcome<workflow::domain_ptr> check(const checks& rules, const api::PollForDecisionTaskRequest& request,
                                    std::int64_t deadline_ns) {
  auto domain = named_domain(rules, request.domain());
  if (!domain)
    return domain;
  CADENZA_TRY(check_poll_time(rules, deadline_ns));
  CADENZA_TRY(check_length(rules, request.domain(), rules.max.domain_length_max, "Domain"));
  CADENZA_TRY(check_length(rules, request.identity(), rules.max.identity_length_max, "Identity"));
  CADENZA_TRY(check_task_list(rules, request.has_task_list(), request.task_list()));
  if ((*domain)->row.domain().bad_binaries().binaries().contains(request.binary_checksum()))
    return bad_request("binary " + utf8::excerpt(request.binary_checksum()) + " already marked as bad deployment");
  return domain;
}

outcome<workflow::domain_ptr> check(const checks& rules, const api::PollForActivityTaskRequest& request,
                                    std::int64_t deadline_ns) {
  auto domain = named_domain(rules, request.domain());
  if (!domain)
    return domain;
  CADENZA_TRY(check_poll_time(rules, deadline_ns));
  CADENZA_TRY(check_length(rules, request.domain(), rules.max.domain_length_max, "Domain"));
  CADENZA_TRY(check_task_list(rules, request.has_task_list(), request.task_list()));
  CADENZA_TRY(check_length(rules, request.identity(), rules.max.identity_length_max, "Identity"));
  return domain;
}

outcome<workflow::domain_ptr> check(const checks& rules, const api::ResetStickyTaskListRequest& request) {
  auto domain = named_domain(rules, request.domain());
  if (!domain)
    return domain;
  CADENZA_TRY(check_execution(request.has_workflow_execution(), request.workflow_execution()));
  return domain;
}

namespace {

template <class Read> auto read_token(const std::string& text, Read read) -> decltype(read(text)) {
  // The reference system hands an empty token to its JSON parser, whose failure has no type of its own.
  if (text.empty())
    return error{error_kind::unknown, "Task token not set on request."};
  return read(text);
}

} // namespace

outcome<actors::task_token> read_task_token(const std::string& text) {
  return read_token(text, &actors::decode_task_token);
}

outcome<actors::query_token> read_query_token(const std::string& text) {
  return read_token(text, &actors::decode_query_token);
}

outcome<task_call> check(const checks& rules, outcome<actors::task_token> token,
                         api::RespondDecisionTaskCompletedRequest& request) {
  auto task = resolve(rules, std::move(token));
  if (!task)
    return task;
  CADENZA_TRY(check_length(rules, request.identity(), rules.max.identity_length_max, "Identity"));
  if (rules.max.decision_results_max > 0 && request.decisions_size() > rules.max.decision_results_max)
    return bad_request("Decision result count exceeds limit.");
  if (!request.query_results().empty())
    for (auto& [id, result] : *request.mutable_query_results())
      check_answer(rules, result, task->token.workflow_id, task->domain->name);
  return task;
}

outcome<task_call> check(const checks& rules, outcome<actors::task_token> token,
                         api::RespondDecisionTaskFailedRequest& request) {
  auto task = resolve(rules, std::move(token));
  if (!task)
    return task;
  CADENZA_TRY(check_length(rules, request.identity(), rules.max.identity_length_max, "Identity"));
  note_blob(rules, request.details().data().size(), "details of a failed decision", task->token.workflow_id,
            task->domain->name);
  if (exceeds(rules, request.details().data()))
    cut(rules, *request.mutable_details()->mutable_data());
  return task;
}

outcome<query_call> check(const checks& rules, outcome<actors::query_token> token,
                          api::RespondQueryTaskCompletedRequest& request) {
  if (!token)
    return token.error();
  if (token->task_list.empty() || token->task_id.empty())
    return bad_request("Invalid TaskToken.");
  auto domain = find_domain(rules, token->domain_id);
  if (!domain)
    return domain.error();
  check_answer(rules, *request.mutable_result(), {}, (*domain)->name);
  return query_call{std::move(*domain), std::move(*token)};
}

outcome<task_call> check_activity_call(const checks& rules, outcome<actors::task_token> token,
                                       const std::string& identity, bool identity_checked) {
  auto task = resolve(rules, std::move(token));
  if (task && identity_checked)
    CADENZA_TRY(check_length(rules, identity, rules.max.identity_length_max, "Identity"));
  return task;
}

outcome<task_call> check_activity_call(const checks& rules, const std::string& domain_name,
                                       const api::WorkflowExecution& execution, const std::string& activity_id,
                                       const std::string& identity, bool identity_checked) {
  auto domain = named_domain(rules, domain_name);
  if (!domain)
    return domain.error();
  if (execution.workflow_id().empty())
    return bad_request("WorkflowId is not set on request.");
  if (activity_id.empty())
    return bad_request("ActivityID is not set on request.");
  if (identity_checked)
    CADENZA_TRY(check_length(rules, identity, rules.max.identity_length_max, "Identity"));
  actors::task_token token;
  if (!execution.run_id().empty()) {
    const auto run = uuid::parse(execution.run_id());
    if (!run)
      return bad_request("RunID is not valid UUID.");
    token.run_id = *run;
  }
  token.domain_id = (*domain)->id;
  token.workflow_id = execution.workflow_id();
  token.schedule_id = no_event_id;
  token.activity_id = activity_id;
  token.by_id = true;
  return task_call{std::move(*domain), std::move(token)};
}

std::shared_ptr<api::RespondActivityTaskFailedRequest> failure_if_too_large(const checks& rules, api::Payload* payload,
                                                                            const char* reason,
                                                                            const std::string& identity,
                                                                            const task_call& task) {
  if (payload)
    note_blob(rules, payload->data().size(), "payload of an activity", task.token.workflow_id, task.domain->name);
  if (!payload || !exceeds(rules, payload->data()))
    return nullptr;
  auto& bytes = *payload->mutable_data();
  cut(rules, bytes);
  auto failure = std::make_shared<api::RespondActivityTaskFailedRequest>();
  failure->mutable_failure()->set_reason(reason);
  failure->mutable_failure()->set_details(std::move(bytes));
  failure->set_identity(identity);
  return failure;
}

void limit_failure(const checks& rules, api::Failure& failure, const task_call& task) {
  note_blob(rules, failure.details().size(), "details of a failed activity", task.token.workflow_id, task.domain->name);
  if (!exceeds(rules, failure.details()))
    return;
  failure.set_reason(failure_details_exceeds_limit);
  cut(rules, *failure.mutable_details());
}

} // namespace cadenza::bridge
