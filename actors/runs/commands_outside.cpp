#include "actors/history/branch_token.hpp"
#include "actors/runs/command_of.hpp"
#include "actors/runs/run_commands.hpp"
#include "messages/base64.hpp"
#include "messages/json_text.hpp"
#include "messages/wire_time.hpp"
#include "workflow/decision_task.hpp"
#include "workflow/describe.hpp"
#include "workflow/replay.hpp"
#include "workflow/signal.hpp"

#include <google/protobuf/util/json_util.h>

namespace cadenza::actors {

namespace api = uber::cadence::api::v1;

namespace {

template <class Request> workflow_key key_of(const workflow::domain_ptr& domain, const Request& request) {
  return {domain->id, request.workflow_execution().workflow_id()};
}

std::string json(const google::protobuf::Message& message) {
  std::string out;
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  if (!google::protobuf::util::MessageToJsonString(message, &out, options).ok())
    return "{}";
  return out;
}

template <class Map> std::string json_list(const Map& records) {
  std::string out = "[";
  for (const auto& [key, record] : records) {
    if (out.size() > 1)
      out += ',';
    out += json(record);
  }
  return out + "]";
}

std::string quoted(const std::string& text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// What the reference system's command line looks for in a state: ids, branch tokens, auto-reset points, by its names.
std::string reference_members(const workflow::run& r) {
  std::string histories;
  for (const auto& branch : r.head().version_histories().branches()) {
    std::string items;
    for (const auto& item : branch.items())
      items += (items.empty() ? "" : ",") + std::string("{\"EventID\":") + std::to_string(item.event_id()) +
               ",\"Version\":" + std::to_string(item.version()) + "}";
    histories += (histories.empty() ? "" : ",") + std::string("{\"BranchToken\":") +
                 quoted(to_base64(branch_token(branch.branch()))) + ",\"Items\":[" + items + "]}";
  }
  std::string points;
  for (const auto& p : r.fixed().auto_reset_points().points())
    points += (points.empty() ? "" : ",") + std::string("{\"binaryChecksum\":") + quoted(p.binary_checksum()) +
              ",\"runId\":" + quoted(p.run_id()) +
              ",\"firstDecisionCompletedId\":" + std::to_string(p.first_decision_completed_id()) +
              ",\"createdTimeNano\":" + std::to_string(workflow::ns_of(p.created_time())) +
              (p.has_expiring_time() ? ",\"expiringTimeNano\":" + std::to_string(workflow::ns_of(p.expiring_time()))
                                     : std::string()) +
              ",\"resettable\":" + (p.resettable() ? "true" : "false") + "}";
  return "\"ExecutionInfo\":{\"DomainID\":" + quoted(r.key().domain_id.str()) +
         ",\"WorkflowID\":" + quoted(r.key().workflow_id) + ",\"RunID\":" + quoted(r.key().run_id.str()) +
         ",\"BranchToken\":" + quoted(to_base64(branch_token(r.current_branch().branch()))) +
         ",\"AutoResetPoints\":{\"points\":[" + points + "]}}" +
         ",\"VersionHistories\":{\"CurrentVersionHistoryIndex\":" +
         std::to_string(r.head().version_histories().current()) + ",\"Histories\":[" + histories + "]}";
}

/// The whole mutable state as one JSON object.
std::string state_json(const workflow::run& r) {
  return "{" + reference_members(r) + ",\"header\":" + json(r.head()) + ",\"startInfo\":" + json(r.fixed()) +
         ",\"activities\":" + json_list(r.activities()) + ",\"timers\":" + json_list(r.timers()) +
         ",\"children\":" + json_list(r.children()) + ",\"cancelRequests\":" + json_list(r.cancel_requests()) +
         ",\"signals\":" + json_list(r.signals()) + ",\"bufferedEvents\":" + json_list(r.buffered()) + "}";
}

} // namespace

run_command_ptr make_signal(const workflow::domain_ptr& domain, engine::body<api::SignalWorkflowExecutionRequest> body,
                            call_ptr call) {
  auto key = key_of(domain, *body);
  const auto run = run_of(body->workflow_execution());
  auto command = make_command(
      "signal", std::move(key), run, call, true,
      [body, domain](workflow::transaction& tx) -> outcome<bool> {
        if (!domain->registered())
          return bad_request("Domain is deprecated.");
        workflow::signal_input input;
        input.name = body->signal_name();
        if (body->has_signal_input())
          input.input = body->signal_input().data();
        if (!body->control().empty())
          input.control = body->control();
        input.identity = body->identity();
        input.request_id = body->request_id();
        input.to_current = body->workflow_execution().run_id().empty();
        return workflow::signal(tx, input);
      },
      answer_empty<api::SignalWorkflowExecutionResponse>(call));
  command->remembered = {{storage::request_kind::signal, body->request_id(), {}}};
  return command;
}

run_command_ptr make_cancel(const workflow::domain_ptr& domain,
                            engine::body<api::RequestCancelWorkflowExecutionRequest> body, call_ptr call) {
  auto key = key_of(domain, *body);
  // With a first run id the request is about the chain: whatever run of it is current.
  const auto run = body->first_execution_run_id().empty() ? run_of(body->workflow_execution()) : std::nullopt;
  auto command = make_command(
      "request_cancel", std::move(key), run, call, true,
      [body](workflow::transaction& tx) -> outcome<bool> {
        workflow::cancel_input input;
        input.cause = body->cause();
        input.identity = body->identity();
        input.request_id = body->request_id();
        input.first_execution_run_id = body->first_execution_run_id();
        input.to_current = body->workflow_execution().run_id().empty() && body->first_execution_run_id().empty();
        return workflow::request_cancel(tx, input);
      },
      answer_empty<api::RequestCancelWorkflowExecutionResponse>(call));
  command->remembered = {{storage::request_kind::cancel, body->request_id(), {}}};
  return command;
}

run_command_ptr make_terminate(const workflow::domain_ptr& domain,
                               engine::body<api::TerminateWorkflowExecutionRequest> body, call_ptr call) {
  auto key = key_of(domain, *body);
  const auto run = body->first_execution_run_id().empty() ? run_of(body->workflow_execution()) : std::nullopt;
  return make_command(
      "terminate", std::move(key), run, call, true,
      [body](workflow::transaction& tx) {
        workflow::terminate_input input;
        input.reason = body->reason();
        if (body->has_details())
          input.details = body->details().data();
        input.identity = body->identity();
        input.first_execution_run_id = body->first_execution_run_id();
        return changed_if_ok(workflow::terminate(tx, input));
      },
      answer_empty<api::TerminateWorkflowExecutionResponse>(call));
}

run_command_ptr make_describe(const workflow::domain_ptr& domain,
                              engine::body<api::DescribeWorkflowExecutionRequest> body, call_ptr call) {
  auto key = key_of(domain, *body);
  const auto run = run_of(body->workflow_execution());
  auto command = make_command(
      "describe", std::move(key), run, call, false, [](workflow::transaction&) -> outcome<bool> { return false; },
      [call](workflow_run& r) { call->reply(workflow::describe(r.state(), *r.env().domains->get())); });
  command->everywhere = true;
  return command;
}

run_command_ptr make_refresh(const workflow::domain_ptr& domain, engine::body<api::RefreshWorkflowTasksRequest> body,
                             call_ptr call) {
  auto key = key_of(domain, *body);
  const auto run = run_of(body->workflow_execution());
  return make_command(
      "refresh_tasks", std::move(key), run, call, false,
      [](workflow::transaction& tx) -> outcome<bool> {
        workflow::refresh_tasks(tx);
        if (tx.missing())
          return internal_error("an event is not at hand");
        return true;
      },
      answer_empty<api::RefreshWorkflowTasksResponse>(call));
}

run_command_ptr make_reset_sticky(const workflow::domain_ptr& domain,
                                  engine::body<api::ResetStickyTaskListRequest> body, call_ptr call) {
  auto key = key_of(domain, *body);
  const auto run = run_of(body->workflow_execution());
  return make_command(
      "reset_sticky", std::move(key), run, call, true,
      [](workflow::transaction& tx) { return changed_if_ok(workflow::clear_sticky(tx)); },
      answer_empty<api::ResetStickyTaskListResponse>(call));
}

run_command_ptr make_admin_describe(const workflow::domain_ptr& domain,
                                    engine::body<uber::cadence::admin::v1::DescribeWorkflowExecutionRequest> body,
                                    call_ptr call) {
  auto key = key_of(domain, *body);
  const auto run = run_of(body->workflow_execution());
  auto command = make_command(
      "admin_describe", std::move(key), run, call, false, [](workflow::transaction&) -> outcome<bool> { return false; },
      [call](workflow_run& r) {
        uber::cadence::admin::v1::DescribeWorkflowExecutionResponse response;
        response.set_shard_id(r.shard_index());
        response.set_history_addr(r.env().settings.identity);
        response.set_mutable_state_in_cache(state_json(r.state()));
        response.set_mutable_state_in_database(response.mutable_state_in_cache());
        call->reply(response);
      });
  command->everywhere = true;
  return command;
}

run_command_ptr make_size_limit_terminate(const run_key& key) {
  return make_command(
      size_limit_terminate_name, {key.domain_id, key.workflow_id}, key.run_id, nullptr, true,
      [](workflow::transaction& tx) -> outcome<bool> {
        if (!tx.state().open())
          return false;
        workflow::terminate_too_large(tx);
        return true;
      },
      [](workflow_run&) {});
}

} // namespace cadenza::actors
