#include "bridge/validate_visibility.hpp"

#include "bridge/forward.hpp"

namespace cadenza::bridge {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::string_view service = "uber.cadence.api.v1.VisibilityAPI";

void list_archived(services& with, body<api::ListArchivedWorkflowExecutionsRequest> request, actors::call_ptr call) {
  if (!with.admit(rate_class::visibility, request->domain(), {}, *call))
    return;
  const auto view = with.look(request->domain());
  const auto good = check(view.with(), *request);
  if (!good)
    return call->reject(good.error());
  call->reply(api::ListArchivedWorkflowExecutionsResponse{});
}

void search_attributes(services& with, body<api::GetSearchAttributesRequest>, actors::call_ptr call) {
  api::GetSearchAttributesResponse response;
  if (with.hooks().attribute_types)
    for (const auto& [key, type] : with.hooks().attribute_types())
      (*response.mutable_keys())[key] = type;
  call->reply(response);
}

} // namespace

void add_visibility_methods(method_table& table) {
  using actors::engine;
  constexpr auto visibility = rate_class::visibility;
  add_forward<visibility, &engine::list_open>(table, service, "ListOpenWorkflowExecutions");
  add_forward<visibility, &engine::list_closed>(table, service, "ListClosedWorkflowExecutions");
  add_forward<visibility, &engine::list_by_query>(table, service, "ListWorkflowExecutions");
  add_forward<visibility, &engine::scan_by_query>(table, service, "ScanWorkflowExecutions");
  add_forward<visibility, &engine::count_by_query>(table, service, "CountWorkflowExecutions");
  table.on<api::ListArchivedWorkflowExecutionsRequest, &list_archived>(service, "ListArchivedWorkflowExecutions");
  table.on<api::GetSearchAttributesRequest, &search_attributes>(service, "GetSearchAttributes");
}

} // namespace cadenza::bridge
