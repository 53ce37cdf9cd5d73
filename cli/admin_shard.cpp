#include "cli/admin_http.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/time_range.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"

#include <google/protobuf/timestamp.pb.h>

#include <map>
#include <ostream>

namespace cadenza::cli {

namespace {

namespace admin = uber::cadence::admin::v1;

/// `path` below /admin/shards/ for --shard_id.
std::string shard_path(const invocation& call, const std::string& what, const std::string& more = {}) {
  return "/admin/shards/" + what + "?shard=" + std::to_string(call.number("shard_id")) + more;
}

status describe_shard(invocation& call) {
  auto row = http_json(call.http_address(), http_verb::get, shard_path(call, "row"), call.timeout());
  if (!row)
    return failed("Failed to describe shard.", row.error());
  for (const auto& [ns, text] : {std::pair{"updated_ns", "updated_at"}, {"timer_ack_ns", "timer_ack_level"}}) {
    (*row)[text] = precise_utc_text(row->value(ns, std::int64_t{0}));
    row->erase(ns);
  }
  show_json(call, {{"ShardInfo", *std::move(row)}});
  return {};
}

status set_range_id(invocation& call) {
  const auto answer =
      http_json(call.http_address(), http_verb::post,
                shard_path(call, "range", "&range_id=" + std::to_string(call.number("range_id"))), call.timeout());
  if (!answer)
    return failed("Failed to reset shard rangeID.", answer.error());
  done(call,
       "Successfully updated rangeID from " + std::to_string(answer->value("previous_range_id", std::int64_t{0})) +
           " to " + std::to_string(call.number("range_id")) + " for shard " + std::to_string(call.number("shard_id")) +
           ".",
       *answer);
  return {};
}

status list_shards(invocation& call) {
  admin::DescribeShardDistributionRequest request;
  request.set_page_size(static_cast<std::int32_t>(call.number("pagesize")));
  request.set_page_id(static_cast<std::int32_t>(call.number("page_id")));
  admin::DescribeShardDistributionResponse response;
  if (auto answer = call.call("AdminAPI/DescribeShardDistribution", request, response); !answer)
    return failed("Shard list failed", answer.error());
  if (!call.json() && call.text("format").empty())
    call.out() << "Total Number of Shards: " << response.number_of_shards()
               << "\nNumber of Shards Returned: " << response.shards_size() << '\n';
  row_set rows{{"ShardID", "Identity"}, {}};
  for (const auto& [id, owner] :
       std::map<std::int32_t, std::string>(response.shards().begin(), response.shards().end())) {
    rows.rows.push_back({std::to_string(id), owner});
    rows.data.push_back({{"ShardID", id}, {"Identity", owner}});
  }
  return show(call, rows);
}

status close_shard(invocation& call) {
  admin::CloseShardRequest request;
  request.set_shard_id(static_cast<std::int32_t>(call.number("shard_id")));
  admin::CloseShardResponse response;
  if (auto answer = call.call("AdminAPI/CloseShard", request, response); !answer)
    return failed("Close shard task has failed", answer.error());
  done(call, "Shard " + std::to_string(call.number("shard_id")) + " closed.");
  return {};
}

/// Queue kinds as operators number them, and as the contract does.
std::optional<admin::TaskType> task_type(std::int64_t queue_type) {
  switch (queue_type) {
  case 2: return admin::TASK_TYPE_TRANSFER;
  case 3: return admin::TASK_TYPE_TIMER;
  case 4: return admin::TASK_TYPE_REPLICATION;
  case 6: return admin::TASK_TYPE_CROSS_CLUSTER;
  default: return std::nullopt;
  }
}

template <class Request> std::optional<Request> queue_request(const invocation& call) {
  const auto type = task_type(call.number("queue_type"));
  if (!type)
    return std::nullopt;
  Request request;
  request.set_shard_id(static_cast<std::int32_t>(call.number("shard_id")));
  request.set_cluster_name(call.text("cluster"));
  request.set_task_type(*type);
  return request;
}

problem wrong_type() {
  return {"Option queue_type format is invalid.", "2 transfer, 3 timer, 4 replication, 6 cross-cluster"};
}

status remove_task(invocation& call) {
  const auto type = task_type(call.number("task_type"));
  if (!type)
    return problem{"Option task_type format is invalid.", "2 transfer, 3 timer, 4 replication, 6 cross-cluster"};
  admin::RemoveTaskRequest request;
  request.set_shard_id(static_cast<std::int32_t>(call.number("shard_id")));
  request.set_task_id(call.number("task_id"));
  request.set_task_type(*type);
  request.set_cluster_name(call.text("cluster"));
  if (*type == admin::TASK_TYPE_TIMER) {
    if (!call.given("task_timestamp"))
      return missing("--task_timestamp", "the fire time of the timer, in nanoseconds");
    *request.mutable_visibility_time() = to_timestamp(call.number("task_timestamp"));
  }
  admin::RemoveTaskResponse response;
  if (auto answer = call.call("AdminAPI/RemoveTask", request, response); !answer)
    return failed("Remove task has failed", answer.error());
  done(call, "Task " + std::to_string(call.number("task_id")) + " removed.");
  return {};
}

status reset_queue(invocation& call) {
  const auto request = queue_request<admin::ResetQueueRequest>(call);
  if (!request)
    return wrong_type();
  admin::ResetQueueResponse response;
  if (auto answer = call.call("AdminAPI/ResetQueue", *request, response); !answer)
    return failed("Failed to reset queue", answer.error());
  done(call, "Reset queue state succeeded");
  return {};
}

/// What stands behind `name` in a line such as "&{level: 0, ackLevel: {taskID: 5}, pending: 2}"; "" when it is not
/// there.
std::string part_of(const std::string& line, const std::string& name) {
  const auto at = line.find(name + ": ");
  if (at == std::string::npos)
    return {};
  const auto from = at + name.size() + 2;
  int depth = 0;
  auto to = from;
  for (; to < line.size(); ++to) {
    if (depth == 0 && (line[to] == ',' || line[to] == '}'))
      break;
    depth += line[to] == '{' ? 1 : line[to] == '}' ? -1 : 0;
  }
  const auto part = line.substr(from, to - from);
  return part.size() > 1 && part.front() == '{' ? part.substr(1, part.size() - 2) : part;
}

/// The state of a queue, which the contract has as a line for programs in Go.
json queue_state(const std::string& line) {
  json state{{"doneUpTo", part_of(line, "ackLevel")}, {"readUpTo", part_of(line, "readLevel")}};
  const auto pending = part_of(line, "pending");
  if (!pending.empty() && pending.size() < 19 && pending.find_first_not_of("0123456789") == std::string::npos)
    state["pendingTasks"] = std::stoll(pending);
  return state;
}

void show_queue_state(invocation& call, const std::string& line) {
  if (!line.starts_with("&{")) {
    call.out() << line << '\n';
    return;
  }
  const auto state = queue_state(line);
  call.out() << "Done up to:    " << state["doneUpTo"].get<std::string>() << '\n'
             << "Read up to:    " << state["readUpTo"].get<std::string>() << '\n';
  if (state.contains("pendingTasks"))
    call.out() << "Pending tasks: " << state["pendingTasks"] << '\n';
}

status describe_queue(invocation& call) {
  const auto request = queue_request<admin::DescribeQueueRequest>(call);
  if (!request)
    return wrong_type();
  admin::DescribeQueueResponse response;
  if (auto answer = call.call("AdminAPI/DescribeQueue", *request, response); !answer)
    return failed("Failed to describe queue", answer.error());
  if (call.json()) {
    json states = json::array();
    for (const auto& state : response.processing_queue_states())
      states.push_back(state.starts_with("&{") ? queue_state(state) : payload_json(state));
    show_json(call, states);
    return {};
  }
  for (const auto& state : response.processing_queue_states())
    show_queue_state(call, state);
  return {};
}

flag required(const char* name, const char* text, flag_kind kind = flag_kind::number) {
  flag result{name, text, kind};
  result.required = true;
  return result;
}

flag shard_flag() { return required("shard_id,sid", "shard"); }

} // namespace

command admin_shard_commands() {
  command group{"shard", {"shar"}, "Inspect shards"};
  group.commands = {
      {"describe", {"d"}, "Show the stored record of a shard", {shard_flag()}, describe_shard},
      {"list",
       {"l"},
       "List shards and who holds them",
       {{"pagesize,ps", "shards in a page", flag_kind::number, "100"},
        {"page_id", "page to show, from 0", flag_kind::number, "0"},
        format_flag()},
       list_shards},
      {"closeShard", {"clsh"}, "Close a shard; it is acquired again at once", {shard_flag()}, close_shard},
      {"removeTask",
       {"rmtk"},
       "Remove one task from a shard's queue",
       {shard_flag(),
        required("task_id", "the task's id", flag_kind::wide),
        required("task_type", "2 transfer, 3 timer, 4 replication, 6 cross-cluster"),
        {"task_timestamp", "fire time of a timer, in nanoseconds", flag_kind::wide},
        {"cluster", "cluster the task is for", flag_kind::text, ""}},
       remove_task},
      {"setRangeID",
       {"srid"},
       "Raise a shard's range id; its owner acquires the shard again",
       {shard_flag(), required("range_id,rid", "new range id, above the present one", flag_kind::wide)},
       set_range_id},
      shard_timers_command(),
  };
  return group;
}

command admin_queue_commands() {
  const auto type = required("queue_type", "2 transfer, 3 timer, 4 replication, 6 cross-cluster");
  const std::vector<flag> flags{
      shard_flag(), {"cluster", "cluster the tasks are for", flag_kind::text, "cluster0"}, type};
  command group{"queue", {"q"}, "Inspect a shard's task queues"};
  group.commands = {
      {"reset", {}, "Read a queue from its start again", flags, reset_queue},
      {"describe", {"desc"}, "Show how far a queue is processed", flags, describe_queue},
  };
  return group;
}

} // namespace cadenza::cli
