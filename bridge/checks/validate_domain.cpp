#include "bridge/checks/validate_domain.hpp"

#include "messages/wire_time.hpp"

#include <algorithm>

namespace cadenza::bridge {

namespace api = uber::cadence::api::v1;

namespace {

outcome<void> check_permission(const checks& rules, const std::string& token) {
  if (rules.max.admin_protected && token != rules.max.admin_token)
    return bad_request("No permission to do this operation.");
  return {};
}

std::int64_t whole_days(const google::protobuf::Duration& duration) { return duration.seconds() / 86400; }

bool is_domain_name(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

/// A change of the active cluster needs no token: whoever is on call must be able to do it.
bool is_failover(const api::UpdateDomainRequest& request) {
  const auto& paths = request.update_mask().paths();
  return std::any_of(paths.begin(), paths.end(), [](const std::string& path) {
    return path == "active_cluster_name" || path == "active_clusters";
  });
}

outcome<void> check_no_lockdown(const checks& rules) {
  if (rules.max.locked_down)
    return bad_request("Domain is not accepting fail overs at this time due to lockdown.");
  return {};
}

} // namespace

outcome<void> check(const checks& rules, const api::RegisterDomainRequest& request) {
  CADENZA_TRY(check_domain_set(request.name()));
  CADENZA_TRY(check_length(rules, request.name(), rules.max.domain_length_max, "Domain"));
  const auto days = whole_days(request.workflow_execution_retention_period());
  if (days > rules.max.retention_days_max)
    return bad_request("RetentionDays is invalid.");
  CADENZA_TRY(check_permission(rules, request.security_token()));
  for (const auto& key : rules.max.domain_data_required)
    if (!request.data().contains(key))
      return bad_request("domain data error, missing required key " + key);
  if (rules.domains.find(request.name()))
    return {}; // the registry answers that the name is taken, which comes before what follows
  if (!is_domain_name(request.name()))
    return bad_request("Domain name can only include alphanumeric and dash characters.");
  if (days < rules.max.retention_days_min)
    return bad_request("A valid retention period is not set on request.");
  return {};
}

outcome<void> check(const checks&, const api::DescribeDomainRequest& request) {
  if (request.name().empty() && request.id().empty())
    return bad_request("Domain not set on request.");
  return {};
}

outcome<void> check(const checks& rules, const api::UpdateDomainRequest& request) {
  CADENZA_TRY(check_domain_set(request.name()));
  if (request.has_workflow_execution_retention_period() &&
      whole_days(request.workflow_execution_retention_period()) > rules.max.retention_days_max)
    return bad_request("RetentionDays is invalid.");
  if (is_failover(request))
    return check_no_lockdown(rules);
  return check_permission(rules, request.security_token());
}

outcome<void> check(const checks& rules, const api::FailoverDomainRequest& request) {
  CADENZA_TRY(check_domain_set(request.domain_name()));
  if (request.domain_active_cluster_name().empty() && !request.has_active_clusters())
    return bad_request("DomainActiveClusterName or ActiveClusters must be provided to failover the domain");
  if (request.has_failover_timeout()) {
    const auto timeout = workflow::whole_seconds(request.failover_timeout());
    if (timeout <= 0)
      return bad_request("FailoverTimeoutInSeconds must be positive");
    if (timeout > rules.max.failover_timeout_max_s)
      return bad_request("FailoverTimeoutInSeconds " + std::to_string(timeout) + " exceeds the maximum allowed " +
                         std::to_string(rules.max.failover_timeout_max_s));
  }
  return check_no_lockdown(rules);
}

outcome<void> check(const checks&, const api::ListFailoverHistoryRequest& request) {
  if (request.filters().domain_id().empty())
    return bad_request("DomainID is required in filters");
  return {};
}

outcome<void> check(const checks& rules, const api::DeprecateDomainRequest& request) {
  CADENZA_TRY(check_domain_set(request.name()));
  return check_permission(rules, request.security_token());
}

outcome<void> check(const checks& rules, const api::DeleteDomainRequest& request) {
  CADENZA_TRY(check_domain_set(request.name()));
  CADENZA_TRY(check_permission(rules, request.security_token()));
  const auto domain = find_domain(rules, request.name());
  if (!domain)
    return domain.error();
  if ((*domain)->row.domain().status() != api::DOMAIN_STATUS_DEPRECATED)
    return bad_request("Domain is not in a deprecated state.");
  return {};
}

} // namespace cadenza::bridge
