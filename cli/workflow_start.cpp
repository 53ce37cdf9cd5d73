#include "cli/commands.hpp"
#include "cli/event_text.hpp"
#include "cli/output.hpp"
#include "cli/payload.hpp"
#include "cli/progress.hpp"
#include "cli/table.hpp"
#include "cli/time_range.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <algorithm>
#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

constexpr std::size_t shown_input_max = 200;
constexpr std::chrono::seconds run_timeout{120};

outcome<void> set_retry(const invocation& call, api::StartWorkflowExecutionRequest& request) {
  if (!call.given("retry_attempts") && !call.given("retry_expiration"))
    return {};
  auto& retry = *request.mutable_retry_policy();
  *retry.mutable_initial_interval() = to_duration(call.number("retry_interval"));
  retry.set_backoff_coefficient(call.real("retry_backoff"));
  retry.set_maximum_attempts(static_cast<std::int32_t>(call.number("retry_attempts")));
  if (call.given("retry_expiration"))
    *retry.mutable_expiration_interval() = to_duration(call.number("retry_expiration"));
  if (call.given("retry_max_interval"))
    *retry.mutable_maximum_interval() = to_duration(call.number("retry_max_interval"));
  return {};
}

outcome<void> set_times(const invocation& call, api::StartWorkflowExecutionRequest& request) {
  *request.mutable_execution_start_to_close_timeout() = to_duration(call.number("execution_timeout"));
  *request.mutable_task_start_to_close_timeout() = to_duration(call.number("decision_timeout"));
  request.set_cron_schedule(call.text("cron"));
  if (call.given("cron_overlap_policy") && call.number("cron_overlap_policy") != 0 &&
      call.number("cron_overlap_policy") != 1)
    return bad_request("cron_overlap_policy is 0 (skip) or 1 (buffer one)");
  if (call.given("cron_overlap_policy"))
    request.set_cron_overlap_policy(call.number("cron_overlap_policy") == 1 ? api::CRON_OVERLAP_POLICY_BUFFER_ONE
                                                                            : api::CRON_OVERLAP_POLICY_SKIPPED);
  if (call.given("delay_start_seconds"))
    *request.mutable_delay_start() = to_duration(call.number("delay_start_seconds"));
  if (call.given("jitter_start_seconds"))
    *request.mutable_jitter_start() = to_duration(call.number("jitter_start_seconds"));
  if (call.given("first_run_at_time")) {
    const auto first = parse_rfc3339(call.text("first_run_at_time"));
    if (!first)
      return bad_request("first_run_at_time is not an RFC3339 time: " + call.text("first_run_at_time"));
    *request.mutable_first_run_at() = to_timestamp(*first);
  }
  return {};
}

template <class Map> void copy_fields(const std::map<std::string, std::string>& from, Map& to) {
  for (const auto& [key, value] : from)
    to[key].set_data(value);
}

outcome<void> set_payloads(const invocation& call, api::StartWorkflowExecutionRequest& request) {
  auto input = json_input(call, "input", "input_file");
  if (!input)
    return input.error();
  if (!input->empty())
    request.mutable_input()->set_data(std::move(*input));
  auto memo = keyed_json(call, "memo_key", "memo", "memo_file");
  if (!memo)
    return memo.error();
  if (!memo->empty())
    copy_fields(*memo, *request.mutable_memo()->mutable_fields());
  auto header = keyed_json(call, "header_key", "header_value", "header_file");
  if (!header)
    return header.error();
  if (!header->empty())
    copy_fields(*header, *request.mutable_header()->mutable_fields());
  auto attributes = search_attributes(call.text("search_attr_key"), call.text("search_attr_value"));
  if (!attributes)
    return attributes.error();
  if (!attributes->empty())
    copy_fields(*attributes, *request.mutable_search_attributes()->mutable_indexed_fields());
  return {};
}

outcome<api::StartWorkflowExecutionRequest> start_request(const invocation& call) {
  api::StartWorkflowExecutionRequest request;
  request.set_domain(call.domain());
  request.set_workflow_id(call.text("workflow_id").empty() ? new_id() : call.text("workflow_id"));
  request.mutable_workflow_type()->set_name(call.text("workflow_type"));
  request.mutable_task_list()->set_name(call.text("tasklist"));
  request.set_identity(identity());
  request.set_request_id(new_id());
  if (call.number("execution_timeout") <= 0)
    return bad_request("Option execution_timeout format is invalid: a positive number of seconds is expected.");
  const auto policy = call.number("workflowidreusepolicy");
  if (policy < 0 || policy > 3)
    return bad_request("Option workflowidreusepolicy value is not in supported range 0 to 3.");
  request.set_workflow_id_reuse_policy(static_cast<api::WorkflowIdReusePolicy>(policy + 1));
  CADENZA_TRY(set_times(call, request));
  CADENZA_TRY(set_retry(call, request));
  CADENZA_TRY(set_payloads(call, request));
  const auto& scope = call.text("cluster_attribute_scope");
  const auto& name = call.text("cluster_attribute_name");
  if (scope.empty() != name.empty())
    return bad_request("cluster_attribute_scope and cluster_attribute_name go together");
  if (!scope.empty()) {
    auto& attribute = *request.mutable_active_cluster_selection_policy()->mutable_cluster_attribute();
    attribute.set_scope(scope);
    attribute.set_name(name);
  }
  return request;
}

status start(invocation& call) {
  auto request = start_request(call);
  if (!request)
    return failed("Error in starting workflow request.", request.error());
  api::StartWorkflowExecutionResponse response;
  if (auto answer = call.call("WorkflowAPI/StartWorkflowExecution", *request, response); !answer)
    return failed("Failed to create workflow.", answer.error(), request->input().data().size());
  done(call, "Started Workflow Id: " + request->workflow_id() + ", run Id: " + response.run_id(),
       {{"workflowId", request->workflow_id()}, {"runId", response.run_id()}});
  return {};
}

status run_workflow(invocation& call) {
  auto request = start_request(call);
  if (!request)
    return failed("Error in starting workflow request.", request.error());
  api::StartWorkflowExecutionResponse response;
  if (auto answer =
          call.rpc().call("WorkflowAPI/StartWorkflowExecution", *request, response, call.timeout(run_timeout));
      !answer)
    return failed("Failed to run workflow.", answer.error(), request->input().data().size());
  if (!call.json()) {
    call.out() << call.paint()(colour::magenta, "Running execution:") << '\n';
    print(call.out(),
          {{},
           {{"Workflow Id", request->workflow_id()},
            {"Run Id", response.run_id()},
            {"Type", request->workflow_type().name()},
            {"Domain", request->domain()},
            {"Task List", request->task_list().name()},
            {"Args", cut(payload_text(request->input().data()), shown_input_max)}},
           ":",
           0,
           false},
          call.paint());
  }
  return follow_run(call, request->workflow_id(), response.run_id());
}

status signal_with_start(invocation& call) {
  auto begin = start_request(call);
  if (!begin)
    return failed("Error in starting workflow request.", begin.error());
  auto input = json_input(call, "signal_input", "signal_input_file");
  if (!input)
    return failed("Error processing signal input.", input.error());
  api::SignalWithStartWorkflowExecutionRequest request;
  *request.mutable_start_request() = std::move(*begin);
  request.set_signal_name(call.text("name"));
  if (!input->empty())
    request.mutable_signal_input()->set_data(std::move(*input));
  api::SignalWithStartWorkflowExecutionResponse response;
  if (auto answer = call.call("WorkflowAPI/SignalWithStartWorkflowExecution", request, response); !answer)
    return failed("SignalWithStart workflow failed.", answer.error(),
                  request.start_request().input().data().size() + request.signal_input().data().size());
  const auto& workflow_id = request.start_request().workflow_id();
  done(call, "SignalWithStart workflow succeeded. Workflow Id: " + workflow_id + ", run Id: " + response.run_id(),
       {{"workflowId", workflow_id}, {"runId", response.run_id()}});
  return {};
}

} // namespace

std::vector<flag> start_flags() {
  flag task_list{"tasklist,tl", "task list whose workers run the workflow"};
  task_list.required = true;
  flag type{"workflow_type,wt", "workflow type"};
  type.required = true;
  flag timeout{"execution_timeout,et", "how long the whole workflow may take", flag_kind::seconds};
  timeout.required = true;
  return {
      task_list,
      workflow_id_flag(false),
      type,
      timeout,
      {"decision_timeout,dt", "how long one decision may take", flag_kind::seconds, "10"},
      {"cron", "cron schedule: minute, hour, day of month, month, day of week; or @every"},
      {"cron_overlap_policy,cop",
       "when the next cron run is due and one still runs: 0 skip it, 1 start it when the running one ends",
       flag_kind::number},
      {"workflowidreusepolicy,wrp",
       "may the id be used again: 0 AllowDuplicateFailedOnly, 1 AllowDuplicate, 2 RejectDuplicate, 3 "
       "TerminateIfRunning",
       flag_kind::number, "0"},
      {"input,i", "input as JSON; several values separated by spaces"},
      {"input_file,if", "file with the input; --input wins"},
      {"memo_key", "keys of the memo, separated by spaces"},
      {"memo", "memo values as JSON, in the order of the keys"},
      {"memo_file", "file with the memo values"},
      {"header_key", "keys of the header, separated by spaces"},
      {"header_value", "header values as JSON, in the order of the keys"},
      {"header_file", "file with the header values"},
      {"search_attr_key", "search attribute keys, separated by |"},
      {"search_attr_value", "search attribute values, separated by |"},
      {"retry_expiration", "how long the workflow is retried after its start", flag_kind::seconds},
      {"retry_attempts", "maximum number of attempts of the workflow", flag_kind::number},
      {"retry_interval", "time before the first retry", flag_kind::seconds, "10"},
      {"retry_backoff", "factor by which the interval grows (at least 1)", flag_kind::real, "1.0"},
      {"retry_max_interval", "longest interval between retries", flag_kind::seconds},
      {"delay_start_seconds", "time before the first decision", flag_kind::seconds},
      {"jitter_start_seconds", "random part of the delay", flag_kind::seconds},
      {"first_run_at_time", "when the first run starts, RFC3339"},
      {"cluster_attribute_scope,cascope", "kind of attribute that chooses the active cluster, as 'region'"},
      {"cluster_attribute_name,caname", "the attribute that chooses the active cluster"},
  };
}

std::vector<command> workflow_start_commands() {
  command begin{"start", {}, "Start a workflow", start_flags(), start};
  begin.needs_domain = true;
  command follow{
      "run", {}, "Start a workflow and show its progress and result", start_flags() + progress_flags(), run_workflow};
  follow.needs_domain = true;
  flag name{"name,n", "signal name"};
  name.required = true;
  command with_signal{"signalwithstart",
                      {},
                      "Signal a workflow, and start it first when none is open",
                      start_flags() + std::vector<flag>{name,
                                                        {"signal_input,si", "signal's input as JSON"},
                                                        {"signal_input_file,sif", "file with the signal's input"}},
                      signal_with_start};
  with_signal.needs_domain = true;
  return {begin, follow, with_signal};
}

} // namespace cadenza::cli
