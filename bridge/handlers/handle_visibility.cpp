#include "bridge/checks/validate_visibility.hpp"

#include "bridge/handlers/forward.hpp"

namespace cadenza::bridge {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::string_view service = "uber.cadence.api.v1.VisibilityAPI";

void list_archived(rpc_context& context, body<api::ListArchivedWorkflowExecutionsRequest> request,
                   actors::call_ptr call) {
  if (!context.admit(rate_class::visibility, request->domain(), {}, *call))
    return;
  const auto view = context.look(request->domain());
  const auto good = check(view.rules(), *request);
  if (!good)
    return call->reject(good.error());
  call->reply(api::ListArchivedWorkflowExecutionsResponse{});
}

/// A list without a query: besides the caller's rate, that of the domain's lists counts once the request is good.
template <auto EngineFunction>
void list_plain(rpc_context& context, body<request_of<EngineFunction>> request, actors::call_ptr call) {
  if (!context.admit(rate_class::visibility, request->domain(), {}, *call))
    return;
  const auto view = context.look(request->domain());
  auto domain = check(view.rules(), *request);
  if (!domain)
    return call->reject(domain.error());
  if (context.admit_list(request->domain(), *call))
    (context.engine().*EngineFunction)(std::move(*domain), std::move(request), std::move(call));
}

void search_attributes(rpc_context& context, body<api::GetSearchAttributesRequest>, actors::call_ptr call) {
  api::GetSearchAttributesResponse response;
  if (context.hooks().attribute_types)
    for (const auto& [key, type] : context.hooks().attribute_types())
      (*response.mutable_keys())[key] = type;
  call->reply(response);
}

} // namespace

void add_visibility_methods(method_table& table) {
  using actors::engine;
  constexpr auto visibility = rate_class::visibility;
  table.on<api::ListOpenWorkflowExecutionsRequest, &list_plain<&engine::list_open>>(service,
                                                                                    "ListOpenWorkflowExecutions");
  table.on<api::ListClosedWorkflowExecutionsRequest, &list_plain<&engine::list_closed>>(service,
                                                                                        "ListClosedWorkflowExecutions");
  add_forward<visibility, &engine::list_by_query>(table, service, "ListWorkflowExecutions");
  add_forward<visibility, &engine::scan_by_query>(table, service, "ScanWorkflowExecutions");
  add_forward<visibility, &engine::count_by_query>(table, service, "CountWorkflowExecutions");
  table.on<api::ListArchivedWorkflowExecutionsRequest, &list_archived>(service, "ListArchivedWorkflowExecutions");
  table.on<api::GetSearchAttributesRequest, &search_attributes>(service, "GetSearchAttributes");
}

} // namespace cadenza::bridge
