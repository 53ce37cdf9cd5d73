#include "cli/commands.hpp"
#include "cli/consistency.hpp"
#include "cli/names.hpp"
#include "cli/output.hpp"
#include "cli/payload.hpp"
#include "cli/time_range.hpp"
#include "cli/values.hpp"

#include "google/protobuf/descriptor.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <algorithm>
#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

/// Why no answer came in time: a query is answered by a worker, and longer waiting helps only where there is one.
std::string silence_text(invocation& call, const error& reason) {
  api::DescribeWorkflowExecutionRequest request;
  request.set_domain(call.domain());
  request.mutable_workflow_execution()->set_workflow_id(call.text("workflow_id"));
  request.mutable_workflow_execution()->set_run_id(call.text("run_id"));
  api::DescribeWorkflowExecutionResponse run;
  if (!call.call("WorkflowAPI/DescribeWorkflowExecution", request, run))
    return explain(reason);
  const auto& list = run.execution_configuration().task_list().name();
  api::DescribeTaskListRequest about_list;
  about_list.set_domain(call.domain());
  about_list.mutable_task_list()->set_name(list);
  about_list.set_task_list_type(api::TASK_LIST_TYPE_DECISION);
  api::DescribeTaskListResponse described;
  if (list.empty() || !call.call("WorkflowAPI/DescribeTaskList", about_list, described))
    return explain(reason);
  std::int64_t last_ns = 0;
  for (const auto& poller : described.pollers())
    last_ns = std::max(last_ns, to_ns(poller.last_access_time()));
  const auto silent = (now_ns() - last_ns) / 1'000'000'000;
  return "no worker of task list " + list + " answered (" +
         (last_ns == 0 ? std::string{"nobody polls it"} : "last poll " + span_text(silent) + " ago") + ")";
}

/// A result for people: what a program printed, not the JSON text that it came in.
std::string shown_result(const std::string& bytes) {
  const auto value = json::parse(bytes, nullptr, false);
  return value.is_string() ? value.get<std::string>() : bytes;
}

status query(invocation& call, const std::string& type) {
  auto input = json_input(call, "input", "input_file");
  if (!input)
    return failed("Error processing JSON input.", input.error());
  api::QueryWorkflowRequest request;
  request.set_domain(call.domain());
  request.mutable_workflow_execution()->set_workflow_id(call.text("workflow_id"));
  request.mutable_workflow_execution()->set_run_id(call.text("run_id"));
  request.mutable_query()->set_query_type(type);
  if (!input->empty())
    request.mutable_query()->mutable_query_args()->set_data(std::move(*input));
  const auto& reject = call.text("query_reject_condition");
  if (!reject.empty())
    request.set_query_reject_condition(reject == "not_open" ? api::QUERY_REJECT_CONDITION_NOT_OPEN
                                                            : api::QUERY_REJECT_CONDITION_NOT_COMPLETED_CLEANLY);
  request.set_query_consistency_level(consistency_of(call.text("query_consistency_level")));
  api::QueryWorkflowResponse response;
  if (auto answer = call.call("WorkflowAPI/QueryWorkflow", request, response); !answer) {
    if (answer.error().kind == error_kind::deadline_exceeded)
      return problem{"Query workflow failed.", silence_text(call, answer.error())};
    return failed("Query workflow failed.", answer.error());
  }
  if (response.has_query_rejected()) {
    const auto state = response.query_rejected().close_status();
    const auto* name = api::WorkflowExecutionCloseStatus_descriptor()->FindValueByNumber(state);
    call.out() << "Query was rejected, workflow is in state: "
               << (name == nullptr ? std::to_string(state) : enum_name(*name)) << '\n';
    return {};
  }
  // The bytes as they are: what a query answers is the worker's own business. Only a stack, which nobody can read with
  // "\n" for its lines, is shown as the text that it is where people look at it.
  const bool stack = type == "__stack_trace" && call.io().out_is_terminal;
  const auto result =
      stack ? shown_result(response.query_result().data()) : std::string{response.query_result().data()};
  call.out() << result << (result.ends_with('\n') || !call.io().out_is_terminal ? "" : "\n");
  return {};
}

} // namespace

std::vector<command> workflow_query_commands() {
  flag type{"query_type,qt", "what to ask"};
  type.required = true;
  const std::vector<flag> common{{"input,i", "arguments as JSON; several values separated by spaces"},
                                 {"input_file,if", "file with the arguments"},
                                 {"query_reject_condition,qrc",
                                  "do not ask a workflow in such a state",
                                  flag_kind::text,
                                  "",
                                  "",
                                  false,
                                  {"not_open", "not_completed_cleanly"}},
                                 query_consistency_flag()};
  std::vector<command> commands{
      {"query",
       {},
       "Query a workflow",
       execution_flags() + std::vector<flag>{type} + common,
       [](invocation& call) { return query(call, call.text("query_type")); }},
      {"stack",
       {},
       "Show where a workflow's code is blocked",
       execution_flags() + common,
       [](invocation& call) { return query(call, "__stack_trace"); }},
      {"query-types",
       {},
       "List the query types that a workflow answers",
       execution_flags() + common,
       [](invocation& call) { return query(call, "__query_types"); }},
  };
  for (auto& one : commands)
    one.needs_domain = true;
  return commands;
}

} // namespace cadenza::cli
