#include "cli/admin_http.hpp"
#include "cli/commands.hpp"
#include "cli/history_reader.hpp"
#include "cli/output.hpp"
#include "messages/base64.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"
#include "uber/cadence/api/v1/history.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <fstream>
#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;
namespace admin = uber::cadence::admin::v1;

template <class Request> Request about_run(const invocation& call) {
  Request request;
  request.set_domain(call.domain());
  request.mutable_workflow_execution()->set_workflow_id(call.text("workflow_id"));
  request.mutable_workflow_execution()->set_run_id(call.text("run_id"));
  return request;
}

status describe(invocation& call) {
  admin::DescribeWorkflowExecutionResponse response;
  if (auto answer = call.call("AdminAPI/DescribeWorkflowExecution",
                              about_run<admin::DescribeWorkflowExecutionRequest>(call), response);
      !answer)
    return failed("Get workflow mutableState failed", answer.error());
  // Both states are JSON documents in strings: shown as what they are.
  show_json(call, {{"shardId", response.shard_id()},
                   {"historyAddr", response.history_addr()},
                   {"mutableStateInCache", payload_json(response.mutable_state_in_cache())},
                   {"mutableStateInDatabase", payload_json(response.mutable_state_in_database())}});
  return {};
}

/// Raw histories are asked for by run id: the current run's when none was given.
status name_run(invocation& call, api::WorkflowExecution& execution) {
  if (!execution.run_id().empty())
    return {};
  const auto request = about_run<api::DescribeWorkflowExecutionRequest>(call);
  api::DescribeWorkflowExecutionResponse response;
  if (auto answer = call.call("WorkflowAPI/DescribeWorkflowExecution", request, response); !answer)
    return failed("Describe workflow execution failed", answer.error());
  execution.set_run_id(response.workflow_execution_info().workflow_execution().run_id());
  return {};
}

/// The stored batches of a run or a branch, those of the wanted events.
class batch_list {
public:
  explicit batch_list(const invocation& call)
    : first_(call.given("min_event_id") ? call.number("min_event_id") : 1),
      last_(call.given("max_event_id") ? call.number("max_event_id") : INT64_MAX) {}

  void add(const api::History& events, std::size_t size) {
    if (events.events().empty() || events.events(events.events_size() - 1).event_id() < first_ ||
        events.events(0).event_id() >= last_)
      return;
    json list = json::array();
    for (const auto& event : events.events())
      list.push_back(to_json(event, json_style::stored));
    bytes += size;
    batches.push_back({{"size", size}, {"events", std::move(list)}});
  }

  json batches = json::array();
  std::size_t bytes = 0;

private:
  const std::int64_t first_;
  const std::int64_t last_;
};

/// What the server says of a run, whatever branches it is made of.
status read_run(invocation& call, batch_list& into) {
  auto request = about_run<admin::GetWorkflowExecutionRawHistoryV2Request>(call);
  request.set_page_size(100);
  if (const auto named = name_run(call, *request.mutable_workflow_execution()))
    return named;
  do {
    admin::GetWorkflowExecutionRawHistoryV2Response page;
    if (auto answer = call.call("AdminAPI/GetWorkflowExecutionRawHistoryV2", request, page); !answer)
      return failed("ReadHistoryBranch failed", answer.error());
    for (const auto& blob : page.history_batches()) {
      const auto read = read_batch(blob);
      if (!read)
        return failed("ReadHistoryBranch failed", read.error());
      into.add(*read, blob.data().size());
    }
    request.set_next_page_token(page.next_page_token());
  } while (!request.next_page_token().empty());
  return {};
}

/// The nodes that one branch has of its own, whether a run knows it or not.
status read_branch(invocation& call, batch_list& into) {
  std::string needed;
  for (const char* name : {"tree_id", "branch_id", "shard_id"})
    if (!call.given(name))
      needed.append(needed.empty() ? "--" : ", --").append(name);
  if (!needed.empty())
    return missing(needed, "a branch is read by its tree, its own id and its shard");
  const auto base = "/admin/shards/history?shard=" + std::to_string(call.number("shard_id")) +
                    "&tree=" + url_escaped(call.text("tree_id")) + "&branch=" + url_escaped(call.text("branch_id"));
  std::string next;
  do {
    const auto page =
        http_json(call.http_address(), http_verb::get, base + "&page=" + url_escaped(next), call.timeout());
    if (!page)
      return failed("ReadHistoryBranch failed", page.error());
    for (const auto& node : rows_of(*page, "batches")) {
      std::string bytes;
      api::History events;
      if (!from_base64(node.value("batch", ""), bytes) || !events.ParseFromString(bytes))
        return problem{"ReadHistoryBranch failed", "a stored batch cannot be read"};
      into.add(events, bytes.size());
    }
    next = page->value("next", "");
  } while (!next.empty());
  return {};
}

status show_batches(invocation& call) {
  batch_list found(call);
  const bool of_branch = call.given("tree_id") || call.given("branch_id");
  if (!of_branch && !call.given("workflow_id"))
    return missing("--workflow_id ID, or --tree_id, --branch_id and --shard_id");
  if (auto failure = of_branch ? read_branch(call, found) : read_run(call, found))
    return failure;
  const auto& batches = found.batches;
  const auto bytes = found.bytes;
  if (batches.empty())
    return problem{"no events", ""};

  if (const auto& path = call.text("output_filename"); !path.empty()) {
    json all = json::array();
    for (const auto& batch : batches)
      for (const auto& event : batch["events"])
        all.push_back(event);
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    file << compact(all);
    if (!file.flush())
      return problem{"Failed to export history data file.", "cannot write " + path};
  }
  if (call.json()) {
    show_json(call, {{"batches", batches}, {"totalBytes", bytes}});
    return {};
  }
  int number = 0;
  for (const auto& batch : batches) {
    call.out() << "======== batch " << ++number << ", blob len: " << batch["size"] << " ======\n";
    show_json(call, batch["events"]);
  }
  call.out() << "======== total batches " << number << ", total blob len: " << bytes << " ======\n";
  return {};
}

status refresh_tasks(invocation& call) {
  admin::RefreshWorkflowTasksResponse response;
  if (auto answer =
          call.call("AdminAPI/RefreshWorkflowTasks", about_run<admin::RefreshWorkflowTasksRequest>(call), response);
      !answer)
    return failed("Refresh workflow task failed", answer.error());
  done(call, "Refresh workflow task succeeded.");
  return {};
}

status remove(invocation& call) {
  if (!call.on("yes") && !call.on("remote") &&
      !confirmed(call, "Delete workflow " + call.text("workflow_id") +
                           " with its history and visibility record, open or not?")) {
    return problem{"Nothing deleted", "nothing but yes deletes it; --yes and --remote do not ask"};
  }
  admin::DeleteWorkflowResponse response;
  if (auto answer = call.call("AdminAPI/DeleteWorkflow", about_run<admin::DeleteWorkflowRequest>(call), response);
      !answer)
    return failed("Operation DeleteWorkflow failed.", answer.error());
  done(call,
       std::string{"history deleted: "} + (response.history_deleted() ? "true" : "false") +
           "\nexecutions deleted: " + (response.executions_deleted() ? "true" : "false") +
           "\nvisibility deleted: " + (response.visibility_deleted() ? "true" : "false"),
       {{"historyDeleted", response.history_deleted()},
        {"executionsDeleted", response.executions_deleted()},
        {"visibilityDeleted", response.visibility_deleted()}});
  return {};
}

status fix_corruption(invocation& call) {
  admin::MaintainCorruptWorkflowResponse response;
  if (auto answer = call.call("AdminAPI/MaintainCorruptWorkflow",
                              about_run<admin::MaintainCorruptWorkflowRequest>(call), response);
      !answer)
    return failed("Operation AdminMaintainCorruptWorkflow failed.", answer.error());
  done(call,
       response.executions_deleted() ? "The workflow was damaged and has been deleted."
                                     : "Nothing was deleted: no damage was found.",
       {{"historyDeleted", response.history_deleted()},
        {"executionsDeleted", response.executions_deleted()},
        {"visibilityDeleted", response.visibility_deleted()}});
  return {};
}

} // namespace

command admin_workflow_commands() {
  command group{"workflow", {"wf"}, "Inspect workflows"};
  group.commands = {
      {"describe", {"desc"}, "Show a workflow's state as the server holds and stores it", execution_flags(), describe},
      {"show",
       {},
       "Show the batches of a workflow's history as they are stored",
       {workflow_id_flag(false),
        run_id_flag(),
        {"tree_id", "read a branch of this history tree instead"},
        {"branch_id", "the branch to read: the nodes of its own"},
        {"shard_id,sid", "the shard that has the branch", flag_kind::number},
        {"min_event_id", "from this event on", flag_kind::wide},
        {"max_event_id", "up to before this event", flag_kind::wide},
        {"output_filename,of", "also write the history to this file, as JSON"}},
       show_batches},
      {"refresh-tasks", {"rt"}, "Regenerate a workflow's pending tasks", execution_flags(), refresh_tasks},
      {"delete",
       {"del"},
       "Delete a workflow, open or closed, with all its data",
       execution_flags() + std::vector<flag>{{"remote", "do not ask for confirmation; the server does it either way",
                                              flag_kind::toggle},
                                             {"skip_errors,serr", "accepted for compatibility", flag_kind::toggle},
                                             {"yes,y", "do not ask for confirmation", flag_kind::toggle}},
       remove},
      {"fix_corruption",
       {"fc"},
       "Delete a workflow if its stored data is damaged; leave it alone otherwise",
       execution_flags() + std::vector<flag>{{"skip_errors,serr", "accepted for compatibility", flag_kind::toggle}},
       fix_corruption},
  };
  for (auto& one : group.commands)
    one.needs_domain = one.name != "show"; // a branch belongs to no domain; the server says so when a run's is missing
  return group;
}

} // namespace cadenza::cli
