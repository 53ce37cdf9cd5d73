#include "cli/domain_list.hpp"

#include "cli/commands.hpp"
#include "cli/domain_text.hpp"

#include "uber/cadence/api/v1/service_domain.pb.h"

#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

status list(invocation& call) {
  const bool all = call.on("all");
  const bool deprecated = call.on("deprecated");
  const auto& prefix = call.text("prefix");
  const auto page_size = std::max<std::int64_t>(1, call.number("pagesize"));
  std::vector<api::Domain> found;
  api::ListDomainsRequest request;
  request.set_page_size(200);
  do {
    api::ListDomainsResponse page;
    if (auto answer = call.call("DomainAPI/ListDomains", request, page); !answer)
      return failed("Error when list domains info", answer.error());
    for (const auto& domain : page.domains()) {
      const bool is_deprecated = domain.status() == api::DOMAIN_STATUS_DEPRECATED;
      if ((all || is_deprecated == deprecated) && domain.name().starts_with(prefix))
        found.push_back(domain);
    }
    request.set_next_page_token(page.next_page_token());
  } while (!request.next_page_token().empty());

  if (call.on("print_json")) {
    json list = json::array();
    for (const auto& domain : found)
      list.push_back(to_json(domain, json_style::stored));
    call.out() << compact(list) << '\n';
    return {};
  }
  if (call.json() || !call.io().in_is_terminal || !call.io().out_is_terminal)
    return show(call, domain_rows(found, all || deprecated, call.on("print_full")));
  for (std::size_t start = 0; start < found.size(); start += static_cast<std::size_t>(page_size)) {
    if (start > 0 && !next_page(call))
      break;
    const auto end = std::min(found.size(), start + static_cast<std::size_t>(page_size));
    const std::vector<api::Domain> page(found.begin() + static_cast<std::ptrdiff_t>(start),
                                        found.begin() + static_cast<std::ptrdiff_t>(end));
    if (auto failure = show(call, domain_rows(page, all || deprecated, call.on("print_full"))))
      return failure;
  }
  return {};
}

} // namespace

command domain_list_command() {
  return {"list",
          {"l"},
          "List domains",
          {{"pagesize,ps", "rows before asking for more, on a terminal", flag_kind::number, "10"},
           {"all,a", "deprecated domains too", flag_kind::toggle},
           {"deprecated,dep", "deprecated domains only", flag_kind::toggle},
           {"prefix", "only names with this prefix"},
           {"print_full,pf", "clusters, retention and archival settings too", flag_kind::toggle},
           {"print_json,pjson", "print the server's responses as JSON", flag_kind::toggle},
           format_flag()},
          list};
}

} // namespace cadenza::cli
