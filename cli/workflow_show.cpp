#include "cli/commands.hpp"
#include "cli/consistency.hpp"
#include "cli/describe_text.hpp"
#include "cli/event_text.hpp"
#include "cli/history_reader.hpp"
#include "cli/output.hpp"
#include "cli/table.hpp"
#include "cli/time_range.hpp"

#include <fstream>
#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

constexpr std::size_t wrap_width = 80;

using events = std::vector<api::HistoryEvent>;

/// Events at which a run can be reset: those that follow a decision's start.
events reset_points(const events& all) {
  events result;
  for (std::size_t i = 1; i < all.size(); ++i)
    if (all[i - 1].has_decision_task_started_event_attributes())
      result.push_back(all[i]);
  return result;
}

void show_table(invocation& call, const events& shown, std::size_t field_length_max) {
  table rows{{}, {}, "", call.columns() > 0 ? 0 : wrap_width, true, call.columns()};
  for (const auto& event : shown) {
    std::vector<std::string> row{std::to_string(event.event_id())};
    if (call.on("print_raw_time"))
      row.push_back(std::to_string(to_ns(event.event_time())));
    else if (call.on("print_datetime"))
      row.push_back(utc_text(to_ns(event.event_time())));
    if (call.on("print_event_version"))
      row.push_back("(Version: " + std::to_string(event.version()) + ")");
    row.push_back(event_type(event, call.paint()));
    row.push_back(event_attributes(event, {field_length_max, true}, call.paint()));
    rows.rows.push_back(std::move(row));
  }
  print(call.out(), rows, call.paint());
}

status write_file(const std::string& path, const events& all) {
  json document = json::array();
  for (const auto& event : all)
    document.push_back(to_json(event, json_style::stored));
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << compact(document);
  if (!file.flush())
    return problem{"Failed to export history data file.", "cannot write " + path};
  return {};
}

status show_pending(invocation& call, const std::string& workflow_id, const std::string& run_id) {
  api::DescribeWorkflowExecutionRequest request;
  request.set_domain(call.domain());
  request.mutable_workflow_execution()->set_workflow_id(workflow_id);
  request.mutable_workflow_execution()->set_run_id(run_id);
  api::DescribeWorkflowExecutionResponse response;
  if (auto answer = call.call("WorkflowAPI/DescribeWorkflowExecution", request, response); !answer)
    return failed("Describe workflow execution failed, cannot get information of pending activities", answer.error());
  call.out() << "History Source: Default Storage\n";
  if (response.pending_activities().empty())
    return {};
  json pending = json::array();
  for (const auto& activity : response.pending_activities())
    pending.push_back(pending_activity_json(activity));
  call.out() << "============Workflow Pending activities============\n";
  show_json(call, pending);
  call.out() << "NOTE: ActivityStartedEvent with retry policy will be written into history when the activity is "
                "finished.\n";
  return {};
}

status show_history(invocation& call, const std::string& workflow_id, const std::string& run_id) {
  events all;
  history_query query{workflow_id, run_id, false, consistency_of(call.text("query_consistency_level"))};
  if (auto answer = read_history(call, query,
                                 [&all](const api::HistoryEvent& event) {
                                   all.push_back(event);
                                   return true;
                                 });
      !answer)
    return failed("Failed to get history on workflow id: " + workflow_id + ", run id: " + run_id + ".", answer.error());
  if (!call.text("output_filename").empty())
    if (auto failure = write_file(call.text("output_filename"), all))
      return failure;

  const auto shown = call.on("reset_points_only") ? reset_points(all) : all;
  const bool full = call.on("print_full");
  const auto length_max = full && !call.given("max_field_length")
                              ? std::size_t{0}
                              : static_cast<std::size_t>(std::max<std::int64_t>(0, call.number("max_field_length")));
  if (call.json()) {
    json document = json::array();
    for (const auto& event : shown)
      document.push_back(to_json(event, json_style::readable)); // --output_filename is for programs that replay it
    show_json(call, document);
    return {};
  }
  if (call.given("event_id")) {
    const auto id = call.number("event_id");
    if (id <= 0 || id > static_cast<std::int64_t>(all.size()))
      return problem{"EventId out of range.", "number should be 1 - " + std::to_string(all.size()) + " inclusive"};
    call.out() << message_text(all[static_cast<std::size_t>(id - 1)], {}, call.paint()) << '\n';
  } else if (full) {
    for (const auto& event : shown)
      call.out() << message_text(event, {length_max, false}, call.paint()) << '\n';
  } else {
    show_table(call, shown, length_max);
  }
  return show_pending(call, workflow_id, run_id);
}

std::vector<flag> show_flags() {
  return {{"print_datetime,pdt", "print the time of each event", flag_kind::toggle},
          {"print_raw_time,prt", "print the time of each event in nanoseconds", flag_kind::toggle},
          {"output_filename,of", "also write the history to this file, as JSON"},
          {"print_full,pf", "print whole events, untruncated, one per line", flag_kind::toggle},
          {"print_event_version,pev", "print the version of each event", flag_kind::toggle},
          {"event_id,eid", "print this event only", flag_kind::wide},
          {"max_field_length,maxl", "cut attributes longer than this", flag_kind::number, "500"},
          {"reset_points_only", "only events at which the run can be reset", flag_kind::toggle},
          query_consistency_flag()};
}

} // namespace

std::vector<command> workflow_show_commands() {
  command by_flags{"show", {}, "Show a workflow's history", execution_flags() + show_flags(), [](invocation& call) {
                     return show_history(call, call.text("workflow_id"), call.text("run_id"));
                   }};
  by_flags.needs_domain = true;
  command by_arguments{
      "showid", {}, "Show a workflow's history; the ids are arguments", show_flags(), [](invocation& call) {
        return show_history(call, call.argument(0), call.argument(1));
      }};
  by_arguments.needs_domain = true;
  by_arguments.arguments = "<workflow_id> [run_id]";
  by_arguments.arguments_min = 1;
  by_arguments.arguments_max = 2;
  return {by_flags, by_arguments};
}

} // namespace cadenza::cli
