#include "cli/stuck.hpp"

#include "cli/history_reader.hpp"
#include "cli/reset_point.hpp"
#include "cli/time_range.hpp"

#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

void ask_about_lists(invocation& call, const std::vector<findings::list_question>& lists, findings::evidence& known) {
  for (const auto& list : lists) {
    api::DescribeTaskListRequest request;
    request.set_domain(call.domain());
    request.mutable_task_list()->set_name(list.name);
    request.set_task_list_type(list.activities ? api::TASK_LIST_TYPE_ACTIVITY : api::TASK_LIST_TYPE_DECISION);
    request.set_include_task_list_status(true);
    api::DescribeTaskListResponse response;
    if (call.call("WorkflowAPI/DescribeTaskList", request, response))
      known.lists[list] = std::move(response);
  }
  if (lists.empty())
    return;
  api::GetTaskListsByDomainRequest request;
  request.set_domain(call.domain());
  api::GetTaskListsByDomainResponse response;
  if (call.call("WorkflowAPI/GetTaskListsByDomain", request, response))
    known.in_use = std::move(response);
}

void ask_about_domain(invocation& call, findings::evidence& known) {
  api::DescribeDomainRequest request;
  request.set_name(call.domain());
  api::DescribeDomainResponse response;
  known.domain_deprecated = call.call("DomainAPI/DescribeDomain", request, response) &&
                            response.domain().status() == api::DOMAIN_STATUS_DEPRECATED;
}

} // namespace

outcome<findings::conclusion> diagnose_run(invocation& call, const std::string& workflow_id,
                                           const std::string& run_id) {
  auto run = describe_run(call, workflow_id, run_id);
  if (!run)
    return run.error();
  findings::story told;
  CADENZA_TRY(read_history(call, {workflow_id, run->workflow_execution_info().workflow_execution().run_id()},
                           [&](const auto& event) {
                             told.take(event);
                             return true;
                           }));
  findings::evidence known;
  known.domain = call.domain();
  known.program = call.program();
  known.run = *std::move(run);
  known.now_ns = now_ns();
  ask_about_lists(call, findings::questions(told, known.run, known.now_ns), known);
  if (!told.closed)
    ask_about_domain(call, known);
  return findings::conclude(told, known);
}

} // namespace cadenza::cli
