#include "cli/domain_write.hpp"

#include "cli/domain_clusters.hpp"
#include "cli/output.hpp"
#include "cli/time_range.hpp"

#include "uber/cadence/api/v1/service_domain.pb.h"

#include <algorithm>
#include <map>
#include <ostream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

constexpr std::int64_t day_seconds = 86400;

using data_map = std::map<std::string, std::string>;

/// Adds one "key=value"; a key may come once.
outcome<void> add_data(data_map& data, std::string_view flag, const std::string& entry) {
  const auto equals = entry.find('=');
  if (equals == std::string::npos || equals == 0)
    return bad_request(std::string{flag} + " entry '" + entry + "' must be key=value");
  if (!data.emplace(entry.substr(0, equals), entry.substr(equals + 1)).second)
    return bad_request("domain data key '" + entry.substr(0, equals) + "' is given more than once");
  return {};
}

/// --domain_data k1=v1,k2=v2 and each --domain_data_entry key=value. Values of the first hold neither ',' nor '=',
/// so that a value cut off by a comma, or a text in another form, cannot be stored in silence.
outcome<data_map> domain_data(const invocation& call) {
  data_map data;
  const auto& text = call.text("domain_data");
  for (std::size_t start = 0; !text.empty() && start <= text.size();) {
    const auto end = std::min(text.find(',', start), text.size());
    const auto entry = text.substr(start, end - start);
    if (std::ranges::count(entry, '=') > 1)
      return bad_request("domain_data entry '" + entry +
                         "' has more than one '='; --domain_data_entry takes any value");
    CADENZA_TRY(add_data(data, "domain_data", entry));
    start = end + 1;
  }
  for (const auto& entry : call.all("domain_data_entry"))
    CADENZA_TRY(add_data(data, "domain_data_entry", entry));
  return data;
}

api::ArchivalStatus archival_status(const std::string& text) {
  if (text == "enabled")
    return api::ARCHIVAL_STATUS_ENABLED;
  return text == "disabled" ? api::ARCHIVAL_STATUS_DISABLED : api::ARCHIVAL_STATUS_INVALID;
}

status register_domain(invocation& call) {
  api::RegisterDomainRequest request;
  request.set_name(call.domain());
  request.set_description(call.text("description"));
  request.set_owner_email(call.text("owner_email"));
  request.set_security_token(call.text("security_token"));
  *request.mutable_workflow_execution_retention_period() =
      to_duration((call.given("retention") ? call.number("retention") : 3) * day_seconds);
  request.set_is_global_domain(!call.given("global_domain") || call.on("global_domain"));
  request.set_active_cluster_name(call.text("active_cluster"));
  for (const auto& name : call.all("clusters"))
    request.add_clusters()->set_cluster_name(name);
  auto data = domain_data(call);
  if (!data)
    return failed("Invalid domain data.", data.error());
  request.mutable_data()->insert(data->begin(), data->end());
  if (call.given("active_clusters")) {
    auto scopes = active_clusters(call.all("active_clusters"));
    if (!scopes)
      return failed("Option active_clusters format is invalid.", scopes.error());
    *request.mutable_active_clusters() = std::move(*scopes);
  }
  request.set_history_archival_status(archival_status(call.text("history_archival_status")));
  request.set_history_archival_uri(call.text("history_uri"));
  request.set_visibility_archival_status(archival_status(call.text("visibility_archival_status")));
  request.set_visibility_archival_uri(call.text("visibility_uri"));
  api::RegisterDomainResponse response;
  if (auto answer = call.call("DomainAPI/RegisterDomain", request, response); !answer) {
    if (answer.error().kind == error_kind::domain_already_exists)
      return failed("Domain " + call.domain() + " already registered.", answer.error());
    return failed("Register Domain operation failed.", answer.error());
  }
  done(call, "Domain " + call.domain() + " successfully registered.");
  return {};
}

/// Failover fields only, when any was given; true when so.
outcome<bool> fill_failover(invocation& call, api::UpdateDomainRequest& request) {
  auto& mask = *request.mutable_update_mask();
  if (call.given("active_cluster")) {
    call.err() << "Will set active cluster name to: " << call.text("active_cluster")
               << ", other flag will be omitted.\n";
    request.set_active_cluster_name(call.text("active_cluster"));
    mask.add_paths("active_cluster_name");
    if (call.given("graceful_failover_timeout") && call.text("failover_type") == "force")
      return bad_request("--graceful_failover_timeout and --failover_type force exclude each other");
    if (call.given("graceful_failover_timeout") || call.text("failover_type") == "grace") {
      const auto* within =
          call.given("graceful_failover_timeout") ? "graceful_failover_timeout" : "failover_timeout_seconds";
      *request.mutable_failover_timeout() = to_duration(call.number(within));
      mask.add_paths("failover_timeout");
    }
    return true;
  }
  if (call.given("active_clusters") && call.given("active_clusters_json"))
    return bad_request("--active_clusters and --active_clusters_json exclude each other");
  if (!call.given("active_clusters") && !call.given("active_clusters_json"))
    return false;
  auto scopes = call.given("active_clusters") ? active_clusters(call.all("active_clusters"))
                                              : active_clusters_json(call.text("active_clusters_json"));
  if (!scopes)
    return scopes.error();
  *request.mutable_active_clusters() = std::move(*scopes);
  mask.add_paths("active_clusters");
  return true;
}

outcome<void> fill_settings(invocation& call, const api::Domain& old, api::UpdateDomainRequest& request) {
  auto& mask = *request.mutable_update_mask();
  request.set_description(call.given("description") ? call.text("description") : old.description());
  request.set_owner_email(call.given("owner_email") ? call.text("owner_email") : old.owner_email());
  mask.add_paths("description");
  mask.add_paths("owner_email");
  *request.mutable_workflow_execution_retention_period() = call.given("retention")
                                                               ? to_duration(call.number("retention") * day_seconds)
                                                               : old.workflow_execution_retention_period();
  mask.add_paths("workflow_execution_retention_period");
  auto data = domain_data(call);
  if (!data)
    return bad_request("invalid domain data: " + data.error().message);
  if (!data->empty()) {
    request.mutable_data()->insert(data->begin(), data->end());
    mask.add_paths("data");
  }
  if (call.given("clusters")) {
    for (const auto& name : call.all("clusters"))
      request.add_clusters()->set_cluster_name(name);
    mask.add_paths("clusters");
  }
  if (call.given("history_archival_status")) {
    request.set_history_archival_status(archival_status(call.text("history_archival_status")));
    mask.add_paths("history_archival_status");
  }
  if (call.given("history_uri")) {
    request.set_history_archival_uri(call.text("history_uri"));
    mask.add_paths("history_archival_uri");
  }
  if (call.given("visibility_archival_status")) {
    request.set_visibility_archival_status(archival_status(call.text("visibility_archival_status")));
    mask.add_paths("visibility_archival_status");
  }
  if (call.given("visibility_uri")) {
    request.set_visibility_archival_uri(call.text("visibility_uri"));
    mask.add_paths("visibility_archival_uri");
  }
  if (call.given("add_bad_binary")) {
    if (call.text("reason").empty())
      return bad_request("--add_bad_binary needs a --reason");
    auto& info = (*request.mutable_bad_binaries()->mutable_binaries())[call.text("add_bad_binary")];
    info.set_reason(call.text("reason"));
    info.set_operator_(user_name());
    mask.add_paths("bad_binaries");
  }
  if (call.given("remove_bad_binary")) {
    request.set_delete_bad_binary(call.text("remove_bad_binary"));
    mask.add_paths("delete_bad_binary");
  }
  return {};
}

status update_domain(invocation& call) {
  api::UpdateDomainRequest request;
  request.set_name(call.domain());
  request.set_security_token(call.text("security_token"));
  const auto not_exist = "Domain " + call.domain() + " does not exist.";
  const auto failover = fill_failover(call, request);
  if (!failover)
    return failed("Operation UpdateDomain failed.", failover.error());
  if (!*failover) {
    api::DescribeDomainRequest which;
    which.set_name(call.domain());
    api::DescribeDomainResponse old;
    if (auto answer = call.call("DomainAPI/DescribeDomain", which, old); !answer)
      return failed(answer.error().kind == error_kind::entity_not_exists ? not_exist : "Operation UpdateDomain failed.",
                    answer.error());
    if (auto filled = fill_settings(call, old.domain(), request); !filled)
      return failed("Operation UpdateDomain failed.", filled.error());
  }
  api::UpdateDomainResponse response;
  if (auto answer = call.call("DomainAPI/UpdateDomain", request, response); !answer)
    return failed(answer.error().kind == error_kind::entity_not_exists ? not_exist : "Operation UpdateDomain failed.",
                  answer.error());
  done(call, "Domain " + call.domain() + " successfully updated.");
  return {};
}

std::vector<flag> setting_flags() {
  return {{"description,desc", "description of the domain"},
          {"owner_email,oe", "owner's e-mail address"},
          {"retention,rd", "how long closed runs are kept (register: 3 days when left out)", flag_kind::days},
          {"active_cluster,ac", "cluster in which the domain is active"},
          {"active_clusters,acs", "active clusters by attribute: scope.attribute:cluster,...", flag_kind::names},
          {"clusters,cl", "clusters that hold the domain: a,b or a b; may be repeated", flag_kind::names},
          {"domain_data,dmd", "own data: k1=v1,k2=v2"},
          {"domain_data_entry", "own data: key=value, with any value; may be repeated", flag_kind::list},
          {"security_token,st", "token that authorises the change, if the server requires one"},
          {"history_archival_status,has", "archive histories", flag_kind::text, "", "", false, {"enabled", "disabled"}},
          {"history_uri,huri", "where histories are archived"},
          {"visibility_archival_status,vas",
           "archive visibility records",
           flag_kind::text,
           "",
           "",
           false,
           {"enabled", "disabled"}},
          {"visibility_uri,vuri", "where visibility records are archived"}};
}

} // namespace

std::vector<command> domain_write_commands() {
  command create{"register",
                 {"re"},
                 "Register a domain",
                 setting_flags() +
                     std::vector<flag>{{"global_domain,gd",
                                        "whether the domain may move between clusters: true or false (default: true)",
                                        flag_kind::boolean}},
                 register_domain};
  create.needs_domain = true;
  command change{"update",
                 {"up", "u"},
                 "Change a domain",
                 setting_flags() +
                     std::vector<flag>{{"active_clusters_json,acs-json", "active clusters by attribute, as JSON"},
                                       {"add_bad_binary", "checksum of a worker build whose decisions are refused"},
                                       {"remove_bad_binary", "checksum to accept again"},
                                       {"reason", "why the binary is bad"},
                                       {"failover_type,ft",
                                        "'grace' to hand over instead of forcing",
                                        flag_kind::text,
                                        "",
                                        "",
                                        false,
                                        {"force", "grace"}},
                                       {"failover_timeout_seconds,fts", "time limit of a graceful failover",
                                        flag_kind::seconds, "60"},
                                       {"graceful_failover_timeout",
                                        "hand over instead of forcing, within this time: as 60s", flag_kind::seconds}},
                 update_domain};
  change.needs_domain = true;
  return {create, change};
}

} // namespace cadenza::cli
