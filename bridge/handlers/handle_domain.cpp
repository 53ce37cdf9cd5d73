#include "bridge/checks/validate_domain.hpp"

#include "bridge/handlers/forward.hpp"
#include "workflow/domain_rules.hpp"

namespace cadenza::bridge {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::string_view service = "uber.cadence.api.v1.DomainAPI";

void list(rpc_context& context, body<api::ListDomainsRequest> request, actors::call_ptr call) {
  context.engine().list_domains(std::move(request), std::move(call));
}

void fail_over(rpc_context& context, body<api::FailoverDomainRequest> request, actors::call_ptr call) {
  if (!context.admit(rate_class::user, request->domain_name(), {}, *call))
    return;
  forward_plain<&actors::engine::failover_domain>(context, std::move(request), std::move(call));
}

void list_failover_history(rpc_context& context, body<api::ListFailoverHistoryRequest> request, actors::call_ptr call) {
  const auto view = context.look();
  if (const auto good = check(view.rules(), *request); !good)
    return call->reject(good.error());
  const auto id = uuid::parse(request->filters().domain_id());
  const auto domain = id ? view.rules().domains.find(*id) : nullptr;
  if (!domain)
    return call->reply(api::ListFailoverHistoryResponse());
  const auto page = actors::list_failovers(domain->row, *request);
  if (!page)
    return call->reject(page.error());
  call->reply(*page);
}

} // namespace

void add_domain_methods(method_table& table) {
  using actors::engine;
  add_forward_plain<&engine::register_domain>(table, service, "RegisterDomain");
  add_forward_plain<&engine::describe_domain>(table, service, "DescribeDomain");
  add_forward_plain<&engine::update_domain>(table, service, "UpdateDomain");
  add_forward_plain<&engine::deprecate_domain>(table, service, "DeprecateDomain");
  add_forward_plain<&engine::delete_domain>(table, service, "DeleteDomain");
  table.on<api::ListDomainsRequest, &list>(service, "ListDomains");
  table.on<api::FailoverDomainRequest, &fail_over>(service, "FailoverDomain");
  table.on<api::ListFailoverHistoryRequest, &list_failover_history>(service, "ListFailoverHistory");
}

} // namespace cadenza::bridge
