#include "cli/domain_failover.hpp"

#include "cli/domain_clusters.hpp"
#include "cli/output.hpp"
#include "cli/time_range.hpp"

#include "uber/cadence/api/v1/service_domain.pb.h"

#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

constexpr int page_size = 10;

problem of_domain(const invocation& call, std::string otherwise, const error& reason) {
  return failed(reason.kind == error_kind::entity_not_exists ? "Domain " + call.domain() + " does not exist."
                                                             : std::move(otherwise),
                reason);
}

status fail_over(invocation& call) {
  const int ways = static_cast<int>(call.given("active_cluster")) + static_cast<int>(call.given("active_clusters")) +
                   static_cast<int>(call.given("active_clusters_json"));
  if (ways != 1)
    return missing("exactly one of --active_cluster, --active_clusters, --active_clusters_json");
  api::FailoverDomainRequest request;
  request.set_domain_name(call.domain());
  request.set_domain_active_cluster_name(call.text("active_cluster"));
  request.set_reason(call.text("reason"));
  if (!call.given("active_cluster")) {
    auto scopes = call.given("active_clusters") ? active_clusters(call.all("active_clusters"))
                                                : active_clusters_json(call.text("active_clusters_json"));
    if (!scopes)
      return failed("Operation FailoverDomain failed.", scopes.error());
    *request.mutable_active_clusters() = std::move(*scopes);
  }
  for (const auto* within : {"failover_timeout_seconds", "graceful_failover_timeout"})
    if (call.given(within))
      *request.mutable_failover_timeout() = to_duration(call.number(within));
  api::FailoverDomainResponse response;
  if (auto answer = call.call("DomainAPI/FailoverDomain", request, response); !answer)
    return of_domain(call, "Operation FailoverDomain failed.", answer.error());
  done(call, "Domain " + call.domain() + " successfully failed over.");
  return {};
}

status list_history(invocation& call) {
  api::DescribeDomainRequest which;
  which.set_name(call.domain());
  api::DescribeDomainResponse found;
  if (auto answer = call.call("DomainAPI/DescribeDomain", which, found); !answer)
    return of_domain(call, "Failed to describe domain.", answer.error());
  api::ListFailoverHistoryRequest request;
  request.mutable_filters()->set_domain_id(found.domain().id());
  request.mutable_pagination()->set_page_size(page_size);
  api::ListFailoverHistoryResponse all;
  for (;;) {
    api::ListFailoverHistoryResponse page;
    if (auto answer = call.call("DomainAPI/ListFailoverHistory", request, page); !answer)
      return failed("Failed to list failover history.", answer.error());
    all.mutable_failover_events()->MergeFrom(page.failover_events());
    if (page.next_page_token().empty() || (!call.on("all") && all.failover_events_size() >= page_size))
      break;
    request.mutable_pagination()->set_next_page_token(page.next_page_token());
  }
  if (call.on("print_json")) {
    show_json(call, to_json(all, json_style::readable));
    return {};
  }
  if (all.failover_events().empty() && !call.json()) {
    call.out() << "No failover history found for domain: " << call.domain() << '\n';
    return {};
  }
  row_set rows{{"Event ID", "Created Time", "Failover Type", "From Cluster", "To Cluster"}, {}};
  for (const auto& event : all.failover_events()) {
    const std::string type = event.failover_type() == api::FAILOVER_TYPE_GRACEFUL ? "GRACEFUL" : "FORCE";
    const auto time = utc_text(to_ns(event.created_time()));
    for (const auto& change : event.cluster_failovers()) {
      const auto& from = change.from_cluster().active_cluster_name();
      const auto& to = change.to_cluster().active_cluster_name();
      rows.rows.push_back({event.id(), time, type, from, to});
      rows.data.push_back({{"EventID", event.id()},
                           {"CreatedTime", time},
                           {"FailoverType", type},
                           {"FromCluster", from},
                           {"ToCluster", to}});
    }
  }
  return show(call, rows);
}

} // namespace

std::vector<command> domain_failover_commands() {
  std::vector<command> out{
      {"failover",
       {"fo"},
       "Move a domain to another cluster",
       {{"active_cluster,ac", "cluster to make the domain active in"},
        {"active_clusters,acs", "active clusters by attribute: scope.attribute:cluster,...", flag_kind::names},
        {"active_clusters_json,acs-json", "active clusters by attribute, as JSON"},
        {"reason,r", "why, for the domain's history"},
        {"failover_timeout_seconds,fts", "fail over gracefully, within this time", flag_kind::seconds},
        {"graceful_failover_timeout", "the same: as 60s", flag_kind::seconds}},
       fail_over},
      {"list-failover-history",
       {"lfh"},
       "List the failovers of a domain",
       {{"all,a", "all of them, not only the last ten", flag_kind::toggle},
        {"print_json,pjson", "print the server's response as JSON", flag_kind::toggle},
        format_flag()},
       list_history}};
  for (auto& one : out)
    one.needs_domain = true;
  return out;
}

} // namespace cadenza::cli
