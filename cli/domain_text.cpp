#include "cli/domain_text.hpp"

#include "cli/names.hpp"
#include "cli/table.hpp"
#include "cli/time_range.hpp"

#include <map>
#include <set>
#include <sstream>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

constexpr std::int64_t day_seconds = 86400;

std::int64_t retention_days(const api::Domain& domain) {
  return domain.workflow_execution_retention_period().seconds() / day_seconds;
}

std::string data_text(const api::Domain& domain) {
  const std::map<std::string, std::string> sorted(domain.data().begin(), domain.data().end());
  std::string text;
  for (const auto& [key, value] : sorted)
    text.append(text.empty() ? "" : ", ").append(key).append(":").append(value);
  return text;
}

std::string clusters_text(const api::Domain& domain) {
  std::string text;
  for (const auto& cluster : domain.clusters())
    text.append(text.empty() ? "" : ", ").append(cluster.cluster_name());
  return text;
}

template <class Enum> std::string text_of(Enum value, const google::protobuf::EnumDescriptor* type) {
  const auto* known = type->FindValueByNumber(value);
  return known == nullptr || value == 0 ? std::string{} : enum_name(*known);
}

std::string archival_text(api::ArchivalStatus status) {
  return status == api::ARCHIVAL_STATUS_INVALID ? "DISABLED" : text_of(status, api::ArchivalStatus_descriptor());
}

/// "region.us-west:cluster0, …", as the flags take it; only how many there are when they would fill the screen.
std::string active_clusters_text(const api::ActiveClusters& clusters) {
  constexpr std::size_t shown_max = 20;
  std::set<std::string> entries;
  for (const auto& [scope, attributes] : clusters.active_clusters_by_cluster_attribute())
    for (const auto& [name, cluster] : attributes.cluster_attributes())
      entries.insert(scope + "." + name + ":" + cluster.active_cluster_name());
  if (entries.size() > shown_max)
    return std::to_string(entries.size()) + " cluster attributes; --output json shows them";
  std::string text;
  for (const auto& entry : entries)
    text.append(text.empty() ? "" : ", ").append(entry);
  return text;
}

std::string truth(bool value) { return value ? "true" : "false"; }

} // namespace

std::string domain_text(const api::Domain& domain, const palette& paint) {
  std::ostringstream text;
  text << "Name: " << domain.name() << "\nUUID: " << domain.id() << "\nDescription: " << domain.description()
       << "\nOwnerEmail: " << domain.owner_email() << "\nDomainData: " << data_text(domain)
       << "\nStatus: " << text_of(domain.status(), api::DomainStatus_descriptor()) << "\nRetentionInDays: "
       << retention_days(domain)
       // The contract carries no such switch any more: metrics are always emitted.
       << "\nEmitMetrics: true\nIsGlobal(XDC)Domain: " << truth(domain.is_global_domain())
       << "\nActiveClusterName: " << domain.active_cluster_name()
       << "\nIsActiveActiveDomain: " << truth(domain.has_active_clusters())
       << "\nClusters: " << (domain.is_global_domain() ? clusters_text(domain) : "N/A, Not a global domain")
       << "\nHistoryArchivalStatus: " << archival_text(domain.history_archival_status());
  if (!domain.history_archival_uri().empty())
    text << "\nHistoryArchivalURI: " << domain.history_archival_uri();
  text << "\nVisibilityArchivalStatus: " << archival_text(domain.visibility_archival_status());
  if (!domain.visibility_archival_uri().empty())
    text << "\nVisibilityArchivalURI: " << domain.visibility_archival_uri();
  text << "\n";
  if (!domain.bad_binaries().binaries().empty()) {
    table rows{{"Binary Checksum", "Operator", "Start Time", "Reason"}, {}, "|", 0};
    for (const auto& [checksum, info] : domain.bad_binaries().binaries())
      rows.rows.push_back(
          {checksum, info.operator_(), local_text(to_ns(info.created_time()), time_style::date_time), info.reason()});
    text << "Bad binaries to reset:\n";
    print(text, rows, paint);
  }
  if (domain.has_failover_info()) {
    const auto& failover = domain.failover_info();
    std::string pending;
    for (const auto shard : failover.pending_shards())
      pending.append(pending.empty() ? "" : ", ").append(std::to_string(shard));
    text << "Graceful failover info:\n";
    print(text,
          {{"Failover Version", "Start Time", "Expire Time", "Completed Shard Count", "Pending Shard"},
           {{std::to_string(failover.failover_version()),
             local_text(to_ns(failover.failover_start_timestamp()), time_style::date_time),
             local_text(to_ns(failover.failover_expire_timestamp()), time_style::date_time),
             std::to_string(failover.completed_shard_count()), pending}},
           "|",
           0},
          paint);
  }
  if (domain.has_active_clusters())
    text << "ActiveClustersByClusterAttribute: " << active_clusters_text(domain.active_clusters()) << "\n";
  return text.str();
}

json domain_json(const api::Domain& domain) {
  json clusters = json::array();
  for (const auto& cluster : domain.clusters())
    clusters.push_back(cluster.cluster_name());
  json row{{"Name", domain.name()},
           {"UUID", domain.id()},
           {"Description", domain.description()},
           {"OwnerEmail", domain.owner_email()},
           {"DomainData", json::object()},
           {"Status", text_of(domain.status(), api::DomainStatus_descriptor())},
           {"IsGlobal", domain.is_global_domain()},
           {"ActiveCluster", domain.active_cluster_name()},
           {"Clusters", clusters},
           {"RetentionDays", retention_days(domain)},
           {"EmitMetrics", true},
           {"HistoryArchivalStatus", archival_text(domain.history_archival_status())},
           {"HistoryArchivalURI", domain.history_archival_uri()},
           {"VisibilityArchivalStatus", archival_text(domain.visibility_archival_status())},
           {"VisibilityArchivalURI", domain.visibility_archival_uri()},
           {"IsActiveActiveDomain", domain.has_active_clusters()}};
  for (const auto& [key, value] : std::map<std::string, std::string>(domain.data().begin(), domain.data().end()))
    row["DomainData"][key] = value;
  if (domain.has_bad_binaries())
    row["BadBinaries"] = to_json(domain.bad_binaries(), json_style::readable);
  if (domain.has_failover_info())
    row["FailoverInfo"] = to_json(domain.failover_info(), json_style::readable);
  if (domain.has_active_clusters())
    row["ActiveClusters"] = to_json(domain.active_clusters(), json_style::readable);
  return row;
}

row_set domain_rows(const std::vector<api::Domain>& domains, bool with_status, bool full) {
  row_set result;
  result.headers = {"Name", "UUID", "Domain Data"};
  if (with_status)
    result.headers.emplace_back("Status");
  result.headers.insert(result.headers.end(), {"Is Global Domain", "Active Cluster"});
  if (full)
    result.headers.insert(result.headers.end(),
                          {"Clusters", "Retention Days", "History Archival Status", "History Archival URI",
                           "Visibility Archival Status", "Visibility Archival URI"});
  for (const auto& domain : domains) {
    std::vector<std::string> row{domain.name(), domain.id(), data_text(domain)};
    if (with_status)
      row.push_back(text_of(domain.status(), api::DomainStatus_descriptor()));
    row.insert(row.end(), {truth(domain.is_global_domain()), domain.active_cluster_name()});
    if (full)
      row.insert(row.end(), {clusters_text(domain), std::to_string(retention_days(domain)),
                             archival_text(domain.history_archival_status()), domain.history_archival_uri(),
                             archival_text(domain.visibility_archival_status()), domain.visibility_archival_uri()});
    result.rows.push_back(std::move(row));
    result.data.push_back(domain_json(domain));
  }
  return result;
}

} // namespace cadenza::cli
