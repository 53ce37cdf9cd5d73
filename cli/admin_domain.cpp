#include "cli/commands.hpp"
#include "cli/output.hpp"

#include "uber/cadence/api/v1/service_domain.pb.h"

#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

status id_or_name(invocation& call) {
  const bool by_id = call.given("domain_id"); // wins over a domain from the environment
  if (!by_id && call.domain().empty())
    return missing("--domain NAME or --domain_id ID", "the domain may also come from CADENCE_CLI_DOMAIN");
  api::DescribeDomainRequest request;
  if (by_id)
    request.set_id(call.text("domain_id"));
  else
    request.set_name(call.domain());
  api::DescribeDomainResponse response;
  if (auto answer = call.call("DomainAPI/DescribeDomain", request, response); !answer)
    return failed("Operation DescribeDomain failed.", answer.error());
  const auto& domain = response.domain();
  if (call.json())
    show_json(call, {{"name", domain.name()}, {"domainId", domain.id()}});
  else if (by_id)
    call.out() << "domainName for domainID " << domain.id() << " is " << domain.name() << '\n';
  else
    call.out() << "domainID for domainName " << domain.name() << " is " << domain.id() << '\n';
  return {};
}

} // namespace

command admin_domain_commands() {
  command group = domain_commands();
  group.summary = "Operate domains, with what only operators may see";
  group.commands.push_back({"getdomainidorname",
                            {"getdn"},
                            "Find a domain's id by its name, or its name by its id",
                            {{"domain_id", "id of the domain"}},
                            id_or_name});
  return group;
}

} // namespace cadenza::cli
