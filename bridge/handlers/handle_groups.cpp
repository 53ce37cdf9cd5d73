#include "bridge/checks/validate_admin.hpp"

#include "bridge/handlers/forward.hpp"
#include "config/overlay.hpp"
#include "workflow/search_attributes.hpp"

#include <nlohmann/json.hpp>

/// What operators set for the cluster or a domain beyond the dynamic configuration: isolation groups, queues of
/// asynchronous requests, search attributes.
namespace cadenza::bridge {

namespace admin = uber::cadence::admin::v1;
namespace api = uber::cadence::api::v1;

namespace {

constexpr std::string_view service = "uber.cadence.admin.v1.AdminAPI";
constexpr const char* attributes_key = "frontend.validSearchAttributes";

/// Null: the call has been told that there is nothing to change here.
stored_settings* stored(rpc_context& context, actors::call& call) {
  if (!context.stored())
    call.reject({error_kind::unimplemented, "this server keeps no configuration"});
  return context.stored();
}

void get_global_groups(rpc_context& context, body<admin::GetGlobalIsolationGroupsRequest>, actors::call_ptr call) {
  auto* const kept = stored(context, *call);
  if (!kept)
    return;
  admin::GetGlobalIsolationGroupsResponse response;
  *response.mutable_isolation_groups() = *kept->isolation_groups();
  call->reply(response);
}

void update_global_groups(rpc_context& context, body<admin::UpdateGlobalIsolationGroupsRequest> request,
                          actors::call_ptr call) {
  if (!stored(context, *call))
    return;
  const auto view = context.look();
  if (const auto good = check(view.rules(), *request); !good)
    return call->reject(good.error());
  actors::document_change change;
  change.document = actors::document_kind::isolation_groups;
  change.plan = [request](const std::string&) -> outcome<std::string> {
    return request->isolation_groups().SerializeAsString();
  };
  change.done = [call] { call->reply(admin::UpdateGlobalIsolationGroupsResponse()); };
  change.call = std::move(call);
  context.engine().change_document(std::move(change));
}

void get_domain_groups(rpc_context& context, body<admin::GetDomainIsolationGroupsRequest> request,
                       actors::call_ptr call) {
  const auto view = context.look();
  const auto domain = find_domain(view.rules(), request->domain());
  if (!domain)
    return call->reject(domain.error());
  admin::GetDomainIsolationGroupsResponse response;
  *response.mutable_isolation_groups() = (*domain)->row.domain().isolation_groups();
  call->reply(response);
}

void get_queue(rpc_context& context, body<admin::GetDomainAsyncWorkflowConfiguratonRequest> request,
               actors::call_ptr call) {
  const auto view = context.look();
  const auto domain = find_domain(view.rules(), request->domain());
  if (!domain)
    return call->reject(domain.error());
  admin::GetDomainAsyncWorkflowConfiguratonResponse response;
  // Without one it is the default: disabled, with no queue.
  *response.mutable_configuration() = (*domain)->row.domain().async_workflow_config();
  call->reply(response);
}

/// The attributes as configured now with those of the request, in the configuration's terms; types count from 0 there.
outcome<std::string> with_attributes(const config::snapshot& now, const admin::AddSearchAttributeRequest& request) {
  auto all = nlohmann::json::parse(
      config::to_json(now.unrestricted(config::keys::frontend_valid_search_attributes.index), config::value_type::map));
  for (const auto& [key, type] : request.search_attribute()) {
    const auto number = static_cast<int>(type) - 1;
    if (workflow::is_system_attribute(key))
      return bad_request("Key [" + key + "] is reserved by system");
    if (const auto known = all.find(key); known != all.end() && *known != number)
      return bad_request("Key [" + key + "] is already whitelisted as a different type");
    all[key] = number;
  }
  return all.dump();
}

void add_search_attribute(rpc_context& context, body<admin::AddSearchAttributeRequest> request, actors::call_ptr call) {
  auto* const kept = stored(context, *call);
  if (!kept)
    return;
  const auto view = context.look();
  if (const auto good = check(view.rules(), *request); !good)
    return call->reject(good.error());
  actors::document_change change;
  change.document = actors::document_kind::dynamic_configuration;
  change.plan = [kept, request](const std::string& now) -> outcome<std::string> {
    // The snapshot holds every change before this one: they are applied before the next is planned.
    const auto merged = with_attributes(*kept->dynamic().current(), *request);
    if (!merged)
      return merged.error();
    return config::with_values(now, attributes_key, {{*merged, {}}});
  };
  change.done = [call] { call->reply(admin::AddSearchAttributeResponse()); };
  change.call = std::move(call);
  context.engine().change_document(std::move(change));
}

} // namespace

void add_group_methods(method_table& table) {
  using actors::engine;
  table.on<admin::GetGlobalIsolationGroupsRequest, &get_global_groups>(service, "GetGlobalIsolationGroups");
  table.on<admin::UpdateGlobalIsolationGroupsRequest, &update_global_groups>(service, "UpdateGlobalIsolationGroups");
  table.on<admin::GetDomainIsolationGroupsRequest, &get_domain_groups>(service, "GetDomainIsolationGroups");
  add_forward_plain<&engine::update_isolation_groups>(table, service, "UpdateDomainIsolationGroups");
  table.on<admin::GetDomainAsyncWorkflowConfiguratonRequest, &get_queue>(service, "GetDomainAsyncWorkflowConfiguraton");
  add_forward_plain<&engine::update_async_workflow>(table, service, "UpdateDomainAsyncWorkflowConfiguraton");
  table.on<admin::AddSearchAttributeRequest, &add_search_attribute>(service, "AddSearchAttribute");
}

} // namespace cadenza::bridge
