#include "cli/commands.hpp"
#include "cli/consistency.hpp"
#include "cli/describe_text.hpp"
#include "cli/history_reader.hpp"
#include "cli/output.hpp"
#include "cli/time_range.hpp"

#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

status show_reset_points(invocation& call, const api::ResetPoints& points) {
  row_set rows{{"Binary Checksum", "Create Time", "RunID", "EventID"}, {}};
  for (const auto& point : points.points()) {
    rows.rows.push_back({point.binary_checksum(), local_text(to_ns(point.created_time()), time_style::date_time),
                         point.run_id(), std::to_string(point.first_decision_completed_id())});
    rows.data.push_back({{"BinaryChecksum", point.binary_checksum()},
                         {"CreateTime", utc_text(to_ns(point.created_time()))},
                         {"RunID", point.run_id()},
                         {"EventID", point.first_decision_completed_id()}});
  }
  if (!call.json())
    call.out() << "Auto Reset Points:\n";
  return show(call, rows);
}

/// The lists that pending activities wait in, from the history: the question that follows when one is not done.
activity_lists read_lists(invocation& call, const api::DescribeWorkflowExecutionResponse& described) {
  activity_lists lists;
  if (described.pending_activities().empty())
    return lists;
  const auto& run = described.workflow_execution_info().workflow_execution();
  const auto read = read_history(call, {run.workflow_id(), run.run_id()}, [&](const api::HistoryEvent& event) {
    if (event.has_activity_task_scheduled_event_attributes()) {
      const auto& scheduled = event.activity_task_scheduled_event_attributes();
      lists[scheduled.activity_id()] = scheduled.task_list().name();
    }
    return true;
  });
  if (!read)
    call.err() << "The task lists of pending activities are not shown: " << explain(read.error()) << '\n';
  return lists;
}

json readable(const api::DescribeWorkflowExecutionResponse& described, const activity_lists& lists) {
  auto result = to_json(described, json_style::readable);
  for (int i = 0; i < described.pending_activities_size(); ++i)
    if (const auto list = list_of(lists, described.pending_activities(i)); !list.empty())
      result["pendingActivities"][static_cast<std::size_t>(i)]["taskList"] = list;
  return result;
}

status describe(invocation& call, const std::string& workflow_id, const std::string& run_id) {
  api::DescribeWorkflowExecutionRequest request;
  request.set_domain(call.domain());
  request.mutable_workflow_execution()->set_workflow_id(workflow_id);
  request.mutable_workflow_execution()->set_run_id(run_id);
  request.set_query_consistency_level(consistency_of(call.text("query_consistency_level")));
  api::DescribeWorkflowExecutionResponse response;
  if (auto answer = call.call("WorkflowAPI/DescribeWorkflowExecution", request, response); !answer)
    return failed("Describe workflow execution failed", answer.error());
  if (call.on("reset_points_only"))
    return show_reset_points(call, response.workflow_execution_info().auto_reset_points());
  if (call.on("print_raw")) {
    show_json(call, to_json(response, json_style::stored));
    return {};
  }
  const auto lists = read_lists(call, response);
  if (call.json())
    show_json(call, readable(response, lists));
  else
    show_json(call, describe_json(response, lists)); // under the names that scripts for other tools know
  return {};
}

std::vector<flag> describe_flags() {
  return {{"print_raw,praw", "print times and payloads as they are stored", flag_kind::toggle},
          {"reset_points_only", "only the points at which bad binaries reset the run", flag_kind::toggle},
          query_consistency_flag()};
}

} // namespace

std::vector<command> workflow_describe_commands() {
  command by_flags{
      "describe", {"desc"}, "Describe a workflow", execution_flags() + describe_flags(), [](invocation& call) {
        return describe(call, call.text("workflow_id"), call.text("run_id"));
      }};
  by_flags.needs_domain = true;
  command by_arguments{
      "describeid", {"descid"}, "Describe a workflow; the ids are arguments", describe_flags(), [](invocation& call) {
        return describe(call, call.argument(0), call.argument(1));
      }};
  by_arguments.needs_domain = true;
  by_arguments.arguments = "<workflow_id> [run_id]";
  by_arguments.arguments_min = 1;
  by_arguments.arguments_max = 2;
  return {by_flags, by_arguments};
}

} // namespace cadenza::cli
