#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/time_range.hpp"
#include "cli/values.hpp"

#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <algorithm>
#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

constexpr std::int64_t silent_max_s = 120; ///< a waiting poll takes up to a minute

bool wants_activity(const invocation& call) { return call.text("tasklisttype") == "activity"; }

status describe(invocation& call) {
  api::DescribeTaskListRequest request;
  request.set_domain(call.domain());
  request.mutable_task_list()->set_name(call.text("tasklist"));
  request.set_task_list_type(wants_activity(call) ? api::TASK_LIST_TYPE_ACTIVITY : api::TASK_LIST_TYPE_DECISION);
  request.set_include_task_list_status(true);
  api::DescribeTaskListResponse response;
  if (auto answer = call.call("WorkflowAPI/DescribeTaskList", request, response); !answer)
    return failed("Operation DescribeTaskList failed.", answer.error());
  if (response.pollers().empty()) {
    const auto backlog = response.task_list_status().backlog_count_hint();
    return problem{"No poller for tasklist: " + call.text("tasklist"),
                   backlog > 0 ? "about " + counted(backlog, "task waits", "tasks wait") + " in it" : ""};
  }
  row_set rows{{wants_activity(call) ? "Activity Poller Identity" : "Decision Poller Identity", "Last Access Time"},
               {}};
  for (const auto& poller : response.pollers()) {
    rows.rows.push_back({poller.identity(), local_text(to_ns(poller.last_access_time()), time_style::date_time)});
    rows.data.push_back({{"Identity", poller.identity()},
                         {"LastAccessTime", utc_text(to_ns(poller.last_access_time()))},
                         {"RatePerSecond", poller.rate_per_second()}});
  }
  if (auto failure = show(call, rows))
    return failure;
  // Pollers are remembered for minutes: say when all of them have gone and left tasks behind.
  std::int64_t last_ns = 0;
  for (const auto& poller : response.pollers())
    last_ns = std::max(last_ns, to_ns(poller.last_access_time()));
  const auto backlog = response.task_list_status().backlog_count_hint();
  const auto silent_s = (now_ns() - last_ns) / 1'000'000'000;
  if (backlog > 0 && silent_s > silent_max_s)
    call.err() << "About " << counted(backlog, "task waits", "tasks wait") << ", and nobody has polled for "
               << span_text(silent_s) << ".\n";
  return {};
}

status list_partitions(invocation& call) {
  api::ListTaskListPartitionsRequest request;
  request.set_domain(call.domain());
  request.mutable_task_list()->set_name(call.text("tasklist"));
  api::ListTaskListPartitionsResponse response;
  if (auto answer = call.call("WorkflowAPI/ListTaskListPartitions", request, response); !answer)
    return failed("Operation ListTaskListPartitions failed.", answer.error());
  if (call.json()) {
    show_json(call, to_json(response, json_style::readable));
    return {};
  }
  const auto print_kind = [&call](const std::string& header, const auto& partitions) {
    row_set rows{{header, "Host"}, {}};
    for (const auto& partition : partitions) {
      rows.rows.push_back({partition.key(), partition.owner_host_name()});
      rows.data.push_back({{"Partition", partition.key()}, {"Host", partition.owner_host_name()}});
    }
    return show(call, rows);
  };
  const auto& type = call.text("tasklisttype");
  if (type != "decision")
    if (auto failure = print_kind("Activity Task List Partition", response.activity_task_list_partitions()))
      return failure;
  if (type != "activity")
    return print_kind("Decision Task List Partition", response.decision_task_list_partitions());
  return {};
}

} // namespace

command tasklist_commands() {
  flag name{"tasklist,tl", "task list"};
  name.required = true;
  const std::vector<std::string> types{"decision", "activity"};
  command group{"tasklist", {"tl"}, "Operate task lists"};
  group.commands = {
      {"describe",
       {"desc"},
       "Show who polls a task list",
       {name, {"tasklisttype,tlt", "kind of tasks", flag_kind::text, "decision", "", false, types}, format_flag()},
       describe},
      {"list-partition",
       {"lp"},
       "Show a task list's partitions",
       {name,
        {"tasklisttype,tlt", "kind of tasks; both when omitted", flag_kind::text, "", "", false, types},
        format_flag()},
       list_partitions},
  };
  for (auto& one : group.commands)
    one.needs_domain = true;
  return group;
}

} // namespace cadenza::cli
