#include "cli/workflow_rows.hpp"

#include "cli/names.hpp"
#include "cli/time_range.hpp"
#include "cli/values.hpp"
#include "cli/width.hpp"

#include "google/protobuf/descriptor.h"

#include <map>
#include <regex>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

constexpr std::size_t type_columns_max = 32;

template <class Enum> std::string text_of(Enum value, const google::protobuf::EnumDescriptor* type) {
  const auto* known = type->FindValueByNumber(value);
  return value == 0 || known == nullptr ? std::string{} : enum_name(*known);
}

template <class Map> json fields_json(const Map& fields) {
  std::map<std::string, json> sorted;
  for (const auto& [key, payload] : fields)
    sorted[key] = payload_json(payload.data());
  json result = json::object();
  for (auto& [key, value] : sorted)
    result[key] = std::move(value);
  return result;
}

std::string fields_text(const json& fields) {
  std::string text;
  for (const auto& [key, value] : fields.items())
    text.append(text.empty() ? "" : ", ")
        .append(key)
        .append(":")
        .append(value.is_string() ? value.get<std::string>() : compact(value));
  return text;
}

/// Open runs have no end time to show.
bool lists_open(const invocation& call) {
  static const std::regex open_query{"CloseTime *= *missing"};
  return call.on("open") || std::regex_search(call.text("query"), open_query);
}

} // namespace

std::string cut_in_front(const std::string& text, std::size_t columns_max) {
  if (width_of(text) <= columns_max)
    return text;
  constexpr std::string_view mark = "...";
  const auto slash = text.rfind('/');
  if (slash != std::string::npos && width_of(text.substr(slash)) + mark.size() <= columns_max)
    return std::string{mark} + text.substr(slash);
  return std::string{mark}.append(back_of(text, columns_max - mark.size()));
}

row_set short_workflow_rows(const invocation& call, const std::vector<api::WorkflowExecutionInfo>& runs) {
  constexpr std::size_t run_shown = 8; // the first group of a UUID
  const auto style = call.on("print_raw_time")   ? time_style::raw
                     : call.on("print_datetime") ? time_style::date_time
                                                 : time_style::brief;
  const auto now = now_ns();
  row_set result;
  result.headers = {"Workflow Type", "Workflow ID", "Run ID", "Task List", "Status", "Start Time", "Duration"};
  for (const auto& run : runs) {
    const auto& task_list = run.has_task_list_info() ? run.task_list_info().name() : run.task_list();
    auto state = text_of(run.close_status(), api::WorkflowExecutionCloseStatus_descriptor());
    if (state.empty())
      state = run.has_close_time() ? "CLOSED" : "OPEN";
    const auto end = run.has_close_time() ? to_ns(run.close_time()) : now;
    const auto ran = run.has_start_time() ? span_text((end - to_ns(run.start_time())) / 1'000'000'000) : std::string{};
    result.rows.push_back({cut_in_front(run.type().name(), type_columns_max), run.workflow_execution().workflow_id(),
                           run.workflow_execution().run_id().substr(0, run_shown), task_list,
                           call.paint()(status_colour(state), state), local_text(to_ns(run.start_time()), style), ran});
  }
  return result;
}

row_set workflow_rows(const invocation& call, const std::vector<api::WorkflowExecutionInfo>& runs) {
  const auto style = call.on("print_raw_time")   ? time_style::raw
                     : call.on("print_datetime") ? time_style::date_time
                                                 : time_style::clock;
  const bool with_end = !lists_open(call);
  const bool with_memo = call.on("print_memo");
  const bool with_attributes = call.on("print_search_attr");
  const bool with_cron = call.on("print_cron");
  row_set result;
  result.headers = {"Workflow Type", "Workflow ID", "Run ID", "Task List", "Is Cron", "Start Time", "Execution Time"};
  if (with_end)
    result.headers.emplace_back("End Time");
  result.headers.insert(result.headers.end(), {"Close Status", "History Length", "Update Time"});
  if (with_memo)
    result.headers.emplace_back("Memo");
  if (with_attributes)
    result.headers.emplace_back("Search Attributes");
  result.headers.emplace_back("Execution Status");
  if (with_cron)
    result.headers.insert(result.headers.end(), {"Cron Schedule", "Scheduled Execution Time"});

  for (const auto& run : runs) {
    const auto time = [style](const google::protobuf::Timestamp& at) { return local_text(to_ns(at), style); };
    const auto exact = [](bool set, const google::protobuf::Timestamp& at) {
      return set ? json(utc_text(to_ns(at))) : json(nullptr);
    };
    const auto& task_list = run.has_task_list_info() ? run.task_list_info().name() : run.task_list();
    const auto close_status = text_of(run.close_status(), api::WorkflowExecutionCloseStatus_descriptor());
    const auto execution_status = text_of(run.execution_status(), api::WorkflowExecutionStatus_descriptor());
    const auto memo = fields_json(run.memo().fields());
    const auto attributes = fields_json(run.search_attributes().indexed_fields());
    std::vector<std::string> row{cut_in_front(run.type().name(), type_columns_max),
                                 run.workflow_execution().workflow_id(),
                                 run.workflow_execution().run_id(),
                                 task_list,
                                 run.is_cron() ? "true" : "false",
                                 time(run.start_time()),
                                 time(run.execution_time())};
    if (with_end)
      row.push_back(time(run.close_time()));
    row.insert(row.end(), {call.paint()(status_colour(close_status), close_status),
                           std::to_string(run.history_length()), time(run.update_time())});
    if (with_memo)
      row.push_back(fields_text(memo));
    if (with_attributes)
      row.push_back(fields_text(attributes));
    row.push_back(call.paint()(status_colour(execution_status), execution_status));
    if (with_cron)
      row.insert(row.end(), {run.cron_schedule(), time(run.scheduled_execution_time())});
    result.rows.push_back(std::move(row));
    result.data.push_back(
        {{"WorkflowType", run.type().name()},
         {"WorkflowID", run.workflow_execution().workflow_id()},
         {"RunID", run.workflow_execution().run_id()},
         {"TaskList", task_list},
         {"IsCron", run.is_cron()},
         {"StartTime", exact(run.has_start_time(), run.start_time())},
         {"ExecutionTime", exact(run.has_execution_time(), run.execution_time())},
         {"EndTime", exact(run.has_close_time(), run.close_time())},
         {"CloseStatus", close_status},
         {"HistoryLength", run.history_length()},
         {"UpdateTime", exact(run.has_update_time(), run.update_time())},
         {"Memo", memo},
         {"SearchAttributes", attributes},
         {"ExecutionStatus", execution_status},
         {"CronSchedule", run.cron_schedule()},
         {"ScheduledExecutionTime", exact(run.has_scheduled_execution_time(), run.scheduled_execution_time())}});
  }
  return result;
}

} // namespace cadenza::cli
