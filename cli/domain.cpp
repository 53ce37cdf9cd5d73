#include "cli/commands.hpp"
#include "cli/domain_failover.hpp"
#include "cli/domain_list.hpp"
#include "cli/domain_text.hpp"
#include "cli/domain_write.hpp"
#include "cli/output.hpp"
#include "cli/time_range.hpp"

#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_visibility.pb.h"

#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

status describe(invocation& call) {
  api::DescribeDomainRequest request;
  if (call.given("domain_id"))
    request.set_id(call.text("domain_id"));
  else if (!call.domain().empty())
    request.set_name(call.domain());
  else
    return missing("--domain NAME or --domain_id ID", "the domain may also come from CADENCE_CLI_DOMAIN");
  api::DescribeDomainResponse response;
  if (auto answer = call.call("DomainAPI/DescribeDomain", request, response); !answer) {
    if (answer.error().kind == error_kind::entity_not_exists)
      return failed("Domain " + (call.given("domain_id") ? call.text("domain_id") : call.domain()) + " does not exist.",
                    answer.error());
    return failed("Operation DescribeDomain failed.", answer.error());
  }
  if (call.on("print_json")) {
    call.out() << compact(to_json(response.domain(), json_style::stored)) << '\n';
    return {};
  }
  const auto& format = call.text("format");
  if (!call.json() && (format.empty() || format == "default")) {
    call.out() << domain_text(response.domain(), call.paint());
    return {};
  }
  if (call.json()) {
    show_json(call, in_one_dialect(call, domain_json(response.domain())));
    return {};
  }
  return show(call, domain_rows({response.domain()}, true, true));
}

/// How many runs are open, counted where the server can count, else as far as one page shows.
outcome<std::int64_t> open_runs(invocation& call) {
  api::CountWorkflowExecutionsRequest count;
  count.set_domain(call.domain());
  count.set_query("CloseTime = missing");
  api::CountWorkflowExecutionsResponse counted;
  if (call.call("VisibilityAPI/CountWorkflowExecutions", count, counted))
    return counted.count();
  api::ListOpenWorkflowExecutionsRequest list;
  list.set_domain(call.domain());
  list.set_page_size(100);
  *list.mutable_start_time_filter()->mutable_earliest_time() = to_timestamp(0);
  *list.mutable_start_time_filter()->mutable_latest_time() = to_timestamp(now_ns());
  api::ListOpenWorkflowExecutionsResponse page;
  CADENZA_TRY(call.call("VisibilityAPI/ListOpenWorkflowExecutions", list, page));
  return std::int64_t{page.executions_size()};
}

status deprecate(invocation& call) {
  if (!call.on("force")) {
    const auto open = open_runs(call);
    if (!open && open.error().kind == error_kind::entity_not_exists)
      return failed("Domain " + call.domain() + " does not exist.", open.error());
    if (!open)
      return failed("Operation DeprecateDomain failed: cannot tell whether workflows are open.", open.error());
    if (*open > 0)
      return problem{"Domain " + call.domain() + " has open workflows.",
                     "at least " + std::to_string(*open) + " open; use --force to deprecate it all the same"};
  }
  api::DeprecateDomainRequest request;
  request.set_name(call.domain());
  request.set_security_token(call.text("security_token"));
  api::DeprecateDomainResponse response;
  if (auto answer = call.call("DomainAPI/DeprecateDomain", request, response); !answer) {
    if (answer.error().kind == error_kind::entity_not_exists)
      return failed("Domain " + call.domain() + " does not exist.", answer.error());
    return failed("Operation DeprecateDomain failed.", answer.error());
  }
  done(call, "Domain " + call.domain() + " successfully deprecated.");
  return {};
}

status remove(invocation& call) {
  api::DescribeDomainRequest which;
  which.set_name(call.domain());
  api::DescribeDomainResponse found;
  if (auto answer = call.call("DomainAPI/DescribeDomain", which, found); !answer)
    return failed(answer.error().kind == error_kind::entity_not_exists ? "Domain " + call.domain() + " does not exist."
                                                                       : "Operation DescribeDomain failed.",
                  answer.error());
  call.err() << domain_text(found.domain(), call.paint_err());
  if (!call.on("yes") && !confirmed(call, "Do you want to delete this domain?")) {
    return problem{"Domain deletion cancelled", "nothing but yes deletes it; --yes does not ask"};
  }
  api::DeleteDomainRequest request;
  request.set_name(call.domain());
  request.set_security_token(call.text("security_token"));
  api::DeleteDomainResponse response;
  if (auto answer = call.call("DomainAPI/DeleteDomain", request, response); !answer)
    return failed("Operation DeleteDomain failed.", answer.error());
  done(call, "Domain " + call.domain() + " successfully deleted.");
  return {};
}

} // namespace

command domain_commands() {
  const flag token{"security_token,st", "token that authorises the change, if the server requires one"};
  command group{"domain", {"d"}, "Operate domains"};
  group.commands = domain_write_commands();
  group.commands.push_back({"describe",
                            {"desc"},
                            "Describe a domain",
                            {{"domain_id", "id of the domain, in place of its name"},
                             {"print_json,pjson", "print the server's response as JSON", flag_kind::toggle},
                             format_flag()},
                            describe});
  command retire{"deprecate",
                 {"dep"},
                 "Deprecate a domain: no new workflows may start in it",
                 {token, {"force,f", "do not look for open workflows first", flag_kind::toggle}},
                 deprecate};
  retire.needs_domain = true;
  group.commands.push_back(retire);
  command erase{"delete",
                {"del"},
                "Delete a deprecated domain",
                {token, {"yes,y", "do not ask for confirmation", flag_kind::toggle}},
                remove};
  erase.needs_domain = true;
  group.commands.push_back(erase);
  for (auto& one : domain_failover_commands())
    group.commands.push_back(std::move(one));
  group.commands.push_back(domain_list_command());
  group.commands.push_back(
      absent_command("migration", {"mi"},
                     "Comparing two domains before a migration is not built yet; 'cadenza domain describe --output "
                     "json' shows what each has."));
  return group;
}

} // namespace cadenza::cli
