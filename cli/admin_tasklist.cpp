#include "cli/commands.hpp"
#include "cli/names.hpp"
#include "cli/output.hpp"
#include "cli/time_range.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <map>
#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;
namespace admin = uber::cadence::admin::v1;

std::string type_name(api::TaskListType type) { return type == api::TASK_LIST_TYPE_ACTIVITY ? "ACTIVITY" : "DECISION"; }

std::vector<api::TaskListType> types_of(const invocation& call) {
  const auto& text = call.text("tasklisttype");
  if (text == "activity")
    return {api::TASK_LIST_TYPE_ACTIVITY};
  if (text == "decision")
    return {api::TASK_LIST_TYPE_DECISION};
  return {api::TASK_LIST_TYPE_ACTIVITY, api::TASK_LIST_TYPE_DECISION};
}

outcome<api::DescribeTaskListResponse> describe_one(invocation& call, const std::string& name, api::TaskListType type) {
  api::DescribeTaskListRequest request;
  request.set_domain(call.domain());
  request.mutable_task_list()->set_name(name);
  request.mutable_task_list()->set_kind(api::TASK_LIST_KIND_NORMAL);
  request.set_task_list_type(type);
  request.set_include_task_list_status(true);
  api::DescribeTaskListResponse response;
  CADENZA_TRY(call.call("WorkflowAPI/DescribeTaskList", request, response));
  return response;
}

std::string partitions_text(const google::protobuf::Map<std::int32_t, api::TaskListPartition>& partitions,
                            std::int32_t count) {
  const std::map<std::int32_t, api::TaskListPartition> sorted(partitions.begin(), partitions.end());
  std::string text;
  for (const auto& [id, partition] : sorted) {
    text.append(text.empty() ? "" : ", ").append(std::to_string(id));
    for (const auto& group : partition.isolation_groups())
      text.append(" ").append(group);
  }
  return text.empty() ? std::to_string(std::max(1, count)) : text;
}

status describe(invocation& call) {
  std::map<api::TaskListType, api::DescribeTaskListResponse> found;
  for (const auto type : types_of(call)) {
    auto one = describe_one(call, call.text("tasklist"), type);
    if (!one)
      return failed("Operation DescribeTaskList failed for type: " + type_name(type), one.error());
    found.emplace(type, std::move(*one));
  }
  if (call.json()) {
    json document = json::object();
    for (const auto& [type, one] : found)
      document[type_name(type)] = to_json(one, json_style::readable);
    show_json(call, document);
    return {};
  }
  row_set states{
      {"Type", "PollerCount", "Read Level", "Ack Level", "Backlog", "RPS", "Lease Start TaskID", "Lease End TaskID"},
      {}};
  row_set partitions{{"Type", "Version", "Read Partitions", "Write Partitions"}, {}};
  row_set pollers{{"Type", "Poller Identity", "Last Access Time"}, {}};
  for (const auto& [type, one] : found) {
    const auto& state = one.task_list_status();
    states.rows.push_back({type_name(type), std::to_string(one.pollers_size()), std::to_string(state.read_level()),
                           std::to_string(state.ack_level()), std::to_string(state.backlog_count_hint()),
                           compact(json(state.rate_per_second())), std::to_string(state.task_id_block().start_id()),
                           std::to_string(state.task_id_block().end_id())});
    const auto& config = one.partition_config();
    partitions.rows.push_back({type_name(type), std::to_string(config.version()),
                               partitions_text(config.read_partitions(), config.num_read_partitions()),
                               partitions_text(config.write_partitions(), config.num_write_partitions())});
    for (const auto& poller : one.pollers())
      pollers.rows.push_back(
          {type_name(type), poller.identity(), local_text(to_ns(poller.last_access_time()), time_style::date_time)});
  }
  for (const auto* rows : {&states, &partitions, &pollers}) {
    if (auto failure = show(call, *rows))
      return failure;
    call.out() << '\n';
  }
  return {};
}

status list(invocation& call) {
  api::GetTaskListsByDomainRequest request;
  request.set_domain(call.domain());
  api::GetTaskListsByDomainResponse response;
  if (auto answer = call.call("WorkflowAPI/GetTaskListsByDomain", request, response); !answer)
    return failed("Operation GetTaskListByDomain failed.", answer.error());
  std::map<std::string, std::pair<int, int>> counts; // activity pollers, decision pollers
  for (const auto& [name, one] : response.activity_task_list_map())
    counts[name].first = one.pollers_size();
  for (const auto& [name, one] : response.decision_task_list_map())
    counts[name].second = one.pollers_size();
  row_set rows{{"Task List Name", "Activity Poller Count", "Decision Poller Count"}, {}};
  for (const auto& [name, pollers] : counts) {
    rows.rows.push_back({name, std::to_string(pollers.first), std::to_string(pollers.second)});
    rows.data.push_back(
        {{"Name", name}, {"ActivityPollerCount", pollers.first}, {"DecisionPollerCount", pollers.second}});
  }
  return show(call, rows);
}

/// Why the change could lose tasks, or nothing when it cannot.
outcome<std::string> danger_of(invocation& call, const api::DescribeTaskListResponse& now, api::TaskListType type) {
  const auto reads = call.number("num_read_partitions");
  const auto& config = now.partition_config();
  if (reads < config.num_write_partitions())
    return "remove write partitions first, then read partitions: tasks may be lost (read " + std::to_string(reads) +
           ", written now " + std::to_string(config.num_write_partitions()) + ")";
  for (auto id = reads; id < config.num_read_partitions(); ++id) {
    auto one = describe_one(call, "/__cadence_sys/" + call.text("tasklist") + "/" + std::to_string(id), type);
    if (!one)
      return one.error();
    if (const auto backlog = one->task_list_status().backlog_count_hint(); backlog != 0)
      return "partition " + std::to_string(id) + " still has " + std::to_string(backlog) + " tasks";
  }
  return std::string{};
}

status check_change(invocation& call) {
  bool polled = false;
  for (const auto type : types_of(call)) {
    auto now = describe_one(call, call.text("tasklist"), type);
    if (!now)
      return failed("Operation DescribeTaskList failed for type: " + type_name(type), now.error());
    polled = polled || now->pollers_size() > 0;
    auto danger = danger_of(call, *now, type);
    if (!danger)
      return failed("Operation DescribeTaskList failed for type: " + type_name(type), danger.error());
    if (!danger->empty())
      return problem{"Potentially unsafe operation. Specify '--force' to proceed anyway",
                     type_name(type) + ": " + *danger};
  }
  if (!polled)
    return problem{"Operation is safe but " + call.text("tasklist") +
                       " has no pollers of the specified types. Is the name correct? Specify '--force' to proceed "
                       "anyway",
                   ""};
  return {};
}

status update_partition(invocation& call) {
  const auto reads = call.number("num_read_partitions");
  const auto writes = call.number("num_write_partitions");
  if (writes < 1 || reads < writes || reads > 10000)
    return problem{"Invalid number of partitions.", "at least one to write, and as many to read as to write"};
  if (!call.on("force"))
    if (auto failure = check_change(call))
      return failure;
  for (const auto type : types_of(call)) {
    admin::UpdateTaskListPartitionConfigRequest request;
    request.set_domain(call.domain());
    request.mutable_task_list()->set_name(call.text("tasklist"));
    request.mutable_task_list()->set_kind(api::TASK_LIST_KIND_NORMAL);
    request.set_task_list_type(type);
    auto& config = *request.mutable_partition_config();
    config.set_num_read_partitions(static_cast<std::int32_t>(reads));
    config.set_num_write_partitions(static_cast<std::int32_t>(writes));
    for (std::int32_t id = 0; id < reads; ++id)
      (*config.mutable_read_partitions())[id];
    for (std::int32_t id = 0; id < writes; ++id)
      (*config.mutable_write_partitions())[id];
    admin::UpdateTaskListPartitionConfigResponse response;
    if (auto answer = call.call("AdminAPI/UpdateTaskListPartitionConfig", request, response); !answer)
      return failed("Operation UpdateTaskListPartitionConfig failed for type: " + type_name(type), answer.error());
    done(call, "Successfully updated " + call.text("tasklist") + " : " + type_name(type));
  }
  return {};
}

flag required_number(std::string names, std::string help) {
  flag result{std::move(names), std::move(help), flag_kind::number};
  result.required = true;
  return result;
}

} // namespace

command admin_tasklist_commands() {
  flag name{"tasklist,tl", "task list"};
  name.required = true;
  const flag type{"tasklisttype,tlt",      "kind of tasks; both when omitted", flag_kind::text, "", "", false,
                  {"decision", "activity"}};
  flag one_type = type;
  one_type.required = true;
  one_type.help = "kind of tasks";
  command group{"tasklist", {"tl"}, "Inspect task lists"};
  group.commands = {
      {"describe", {"desc"}, "Show a task list's levels, backlog, partitions and pollers", {name, type}, describe},
      {"list", {"l"}, "List a domain's task lists", {format_flag()}, list},
      {"update-partition",
       {"up"},
       "Change a task list's number of partitions",
       {name,
        one_type,
        required_number("num_read_partitions,nrp", "partitions that pollers read"),
        required_number("num_write_partitions,nwp", "partitions that new tasks go to"),
        {"force,f", "do not check that no task can be lost", flag_kind::toggle}},
       update_partition},
  };
  for (auto& one : group.commands)
    one.needs_domain = true;
  return group;
}

} // namespace cadenza::cli
