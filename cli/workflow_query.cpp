#include "cli/commands.hpp"
#include "cli/consistency.hpp"
#include "cli/names.hpp"
#include "cli/output.hpp"
#include "cli/payload.hpp"

#include "google/protobuf/descriptor.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

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
  if (auto answer = call.call("WorkflowAPI/QueryWorkflow", request, response); !answer)
    return failed("Query workflow failed.", answer.error());
  if (response.has_query_rejected()) {
    const auto state = response.query_rejected().close_status();
    const auto* name = api::WorkflowExecutionCloseStatus_descriptor()->FindValueByNumber(state);
    call.out() << "Query was rejected, workflow is in state: "
               << (name == nullptr ? std::to_string(state) : enum_name(*name)) << '\n';
    return {};
  }
  // The bytes as they are: what a query answers is the worker's own business.
  const auto& result = response.query_result().data();
  call.out() << result << (result.ends_with('\n') || !call.io().out_is_terminal ? "" : "\n");
  return {};
}

} // namespace

std::vector<command> workflow_query_commands() {
  flag type{"query_type,qt", "what to ask"};
  type.required = true;
  const std::vector<flag> common{{"input,i", "arguments as JSON; several values separated by blanks"},
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
       "Show where a workflow's code stands",
       execution_flags() + common,
       [](invocation& call) { return query(call, "__stack_trace"); }},
      {"query-types",
       {},
       "List what a workflow can be asked",
       execution_flags() + common,
       [](invocation& call) { return query(call, "__query_types"); }},
  };
  for (auto& one : commands)
    one.needs_domain = true;
  return commands;
}

} // namespace cadenza::cli
