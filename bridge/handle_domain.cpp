#include "bridge/validate_domain.hpp"

#include "bridge/forward.hpp"

namespace cadenza::bridge {

namespace api = uber::cadence::api::v1;

namespace {

constexpr std::string_view service = "uber.cadence.api.v1.DomainAPI";

void list(services& with, body<api::ListDomainsRequest> request, actors::call_ptr call) {
  with.engine().list_domains(std::move(request), std::move(call));
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
}

} // namespace cadenza::bridge
