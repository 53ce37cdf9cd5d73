#include "cli/commands.hpp"
#include "cli/output.hpp"

#include "uber/cadence/admin/v1/service_admin.pb.h"

#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;
namespace admin = uber::cadence::admin::v1;

std::string state_text(int state) {
  switch (state) {
  case api::ISOLATION_GROUP_STATE_HEALTHY: return "Healthy";
  case api::ISOLATION_GROUP_STATE_DRAINED: return "Drained";
  default: return "Unknown state: " + std::to_string(state);
  }
}

status show_groups(invocation& call, const api::IsolationGroupConfiguration& groups) {
  row_set rows{{"Isolation Groups", "State"}, {}};
  std::map<std::string, int> sorted;
  for (const auto& group : groups.isolation_groups())
    sorted[group.name()] = group.state();
  for (const auto& [name, state] : sorted) {
    rows.rows.push_back({name, state_text(state)});
    rows.data.push_back({{"Name", name}, {"State", state}});
  }
  if (rows.rows.empty() && !call.json() && call.text("format").empty()) {
    call.out() << "-- No groups found --\n";
    return {};
  }
  return show(call, rows);
}

/// The states that the flags ask for: they replace all there are.
outcome<api::IsolationGroupConfiguration> wanted_groups(const invocation& call) {
  api::IsolationGroupConfiguration out;
  const bool none = call.on("remove-all-drains");
  const auto& drains = call.all("set-drains");
  const auto& text = call.text("json");
  if (!drains.empty() && !text.empty())
    return bad_request("specify either set-drains or json, not both");
  if (!none && drains.empty() && text.empty())
    return bad_request("need to specify either \"set-drains\", \"json\" or \"remove-all-drains\" flags");
  if (none && (!drains.empty() || !text.empty()))
    return bad_request("specify either remove or set-drains, not both");
  for (const auto& drain : drains) {
    auto& group = *out.add_isolation_groups();
    group.set_name(drain);
    group.set_state(api::ISOLATION_GROUP_STATE_DRAINED);
  }
  if (none || !drains.empty())
    return out;
  const auto given = json::parse(text, nullptr, false);
  if (!given.is_array())
    return bad_request("expected a list as [{\"Name\": \"zone-1\", \"State\": 2}]; [] removes all groups");
  for (const auto& one : given) {
    if (!one.is_object() || !one.contains("Name") || !one["Name"].is_string() || !one.contains("State") ||
        !one["State"].is_number_integer())
      return bad_request("expected {\"Name\": \"zone-1\", \"State\": 2}, found " + compact(one));
    auto& group = *out.add_isolation_groups();
    group.set_name(one["Name"].get<std::string>());
    group.set_state(static_cast<api::IsolationGroupState>(one["State"].get<int>()));
  }
  return out;
}

status get_global(invocation& call) {
  admin::GetGlobalIsolationGroupsResponse response;
  if (auto answer = call.call("AdminAPI/GetGlobalIsolationGroups", admin::GetGlobalIsolationGroupsRequest{}, response);
      !answer)
    return failed("failed to get isolation-groups:", answer.error());
  return show_groups(call, response.isolation_groups());
}

status update_global(invocation& call) {
  auto groups = wanted_groups(call);
  if (!groups)
    return failed("invalid args:", groups.error());
  admin::UpdateGlobalIsolationGroupsRequest request;
  *request.mutable_isolation_groups() = *std::move(groups);
  admin::UpdateGlobalIsolationGroupsResponse response;
  if (auto answer = call.call("AdminAPI/UpdateGlobalIsolationGroups", request, response); !answer)
    return failed("failed to update isolation-groups", answer.error());
  return {};
}

status get_domain(invocation& call) {
  admin::GetDomainIsolationGroupsRequest request;
  request.set_domain(call.domain());
  admin::GetDomainIsolationGroupsResponse response;
  if (auto answer = call.call("AdminAPI/GetDomainIsolationGroups", request, response); !answer)
    return failed("failed to get isolation-groups:", answer.error());
  return show_groups(call, response.isolation_groups());
}

status update_domain(invocation& call) {
  auto groups = wanted_groups(call);
  if (!groups)
    return failed("invalid args:", groups.error());
  admin::UpdateDomainIsolationGroupsRequest request;
  request.set_domain(call.domain());
  *request.mutable_isolation_groups() = *std::move(groups);
  admin::UpdateDomainIsolationGroupsResponse response;
  if (auto answer = call.call("AdminAPI/UpdateDomainIsolationGroups", request, response); !answer)
    return failed("failed to update isolation-groups", answer.error());
  return {};
}

// --- queues of asynchronous requests

status get_queue(invocation& call) {
  admin::GetDomainAsyncWorkflowConfiguratonRequest request;
  request.set_domain(call.domain());
  admin::GetDomainAsyncWorkflowConfiguratonResponse response;
  if (auto answer = call.call("AdminAPI/GetDomainAsyncWorkflowConfiguraton", request, response); !answer)
    return failed("Failed to get async wf queue config", answer.error());
  if (!response.has_configuration()) {
    if (call.json())
      show_json(call, nullptr);
    else
      call.out() << "Async workflow queue config not found for domain " << call.domain() << '\n';
    return {};
  }
  const auto& queue = response.configuration();
  if (!call.json())
    call.out() << "Async workflow queue config for domain " << call.domain() << ":\n";
  show_json(call, {{"Enabled", queue.enabled()},
                   {"PredefinedQueueName", queue.predefined_queue_name()},
                   {"QueueType", queue.queue_type()},
                   {"QueueConfig", payload_json(queue.queue_config().data())}});
  return {};
}

/// {"Enabled":…,"PredefinedQueueName":…,"QueueType":…,"QueueConfig":{…}}; the queue's own part is kept as JSON.
outcome<api::AsyncWorkflowConfiguration> queue_of(const std::string& text) {
  const auto given = json::parse(text, nullptr, false);
  if (!given.is_object())
    return bad_request("expected {\"Enabled\":true,\"PredefinedQueueName\":\"…\"}, found " + text);
  api::AsyncWorkflowConfiguration out;
  for (const auto& [name, value] : given.items()) {
    if (name == "Enabled" && value.is_boolean()) {
      out.set_enabled(value.get<bool>());
    } else if (name == "PredefinedQueueName" && value.is_string()) {
      out.set_predefined_queue_name(value.get<std::string>());
    } else if (name == "QueueType" && value.is_string()) {
      out.set_queue_type(value.get<std::string>());
    } else if (name == "QueueConfig" && !value.is_null()) {
      out.mutable_queue_config()->set_encoding_type(api::ENCODING_TYPE_JSON);
      out.mutable_queue_config()->set_data(compact(value));
    } else if (!value.is_null()) {
      return bad_request(name + ": no such setting, or not of its type");
    }
  }
  return out;
}

status update_queue(invocation& call) {
  auto queue = queue_of(call.text("json"));
  if (!queue)
    return failed("Failed to parse async workflow config", queue.error());
  admin::UpdateDomainAsyncWorkflowConfiguratonRequest request;
  request.set_domain(call.domain());
  *request.mutable_configuration() = *std::move(queue);
  admin::UpdateDomainAsyncWorkflowConfiguratonResponse response;
  if (auto answer = call.call("AdminAPI/UpdateDomainAsyncWorkflowConfiguraton", request, response); !answer)
    return failed("Failed to update async workflow queue config", answer.error());
  done(call, "Successfully updated async workflow queue config for domain " + call.domain());
  return {};
}

} // namespace

command admin_groups_commands() {
  const flag text{"json", "all groups and their states: [{\"Name\": \"zone-1\", \"State\": 2}]; 1 healthy, 2 drained"};
  const flag drains{"set-drains", "groups that are drained, and no others: a,b or a b; may be repeated",
                    flag_kind::names};
  const flag none{"remove-all-drains", "no group is drained any longer", flag_kind::toggle};
  command group{"isolation-groups", {"ig"}, "Drain isolation groups"};
  group.commands = {
      {"get-global", {}, "Show the groups and their states for all domains", {format_flag()}, get_global},
      {"update-global", {}, "Set the states of groups for all domains", {text, drains, none}, update_global},
      {"get-domain", {}, "Show the groups and their states for a domain", {format_flag()}, get_domain, {}, true},
      {"update-domain", {}, "Set the states of groups for a domain", {text, drains, none}, update_domain, {}, true},
  };
  return group;
}

command admin_async_queue_commands() {
  flag text{"json", "{\"Enabled\":true,\"PredefinedQueueName\":\"...\"}, or QueueType and QueueConfig"};
  text.required = true;
  command group{"async-wf-queue", {"aq"}, "Queues of asynchronous requests"};
  group.commands = {
      {"get", {}, "Show the queue of a domain", {}, get_queue, {}, true},
      {"update", {}, "Set the queue of a domain", {text}, update_queue, {}, true},
  };
  return group;
}

} // namespace cadenza::cli
