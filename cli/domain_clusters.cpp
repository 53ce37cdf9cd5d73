#include "cli/domain_clusters.hpp"

#include "cli/json_text.hpp"

namespace cadenza::cli {

namespace api = uber::cadence::api::v1;

outcome<api::ActiveClusters> active_clusters(const std::vector<std::string>& entries) {
  api::ActiveClusters result;
  if (entries.empty())
    return bad_request("active_clusters names no cluster; scope.attribute:cluster is expected");
  for (const auto& entry : entries) {
    const auto colon = entry.rfind(':');
    const auto dot = entry.find('.');
    const bool whole = colon != std::string::npos && dot != std::string::npos && dot > 0 && dot + 1 < colon &&
                       colon + 1 < entry.size();
    if (!whole)
      return bad_request("active_clusters entry '" + entry + "' must be scope.attribute:cluster");
    auto& scope = (*result.mutable_active_clusters_by_cluster_attribute())[entry.substr(0, dot)];
    const auto attribute = entry.substr(dot + 1, colon - dot - 1);
    if (scope.cluster_attributes().contains(attribute))
      return bad_request("active_clusters: " + entry.substr(0, colon) +
                         " is given more than once; an attribute has one active cluster");
    (*scope.mutable_cluster_attributes())[attribute].set_active_cluster_name(entry.substr(colon + 1));
  }
  return result;
}

outcome<api::ActiveClusters> active_clusters_json(const std::string& text) {
  const auto document = json::parse(text, nullptr, false);
  const auto scopes =
      document.is_object() && document.contains("attributeScopes") ? document["attributeScopes"] : document;
  api::ActiveClusters result;
  if (!scopes.is_object())
    return bad_request("active_clusters_json is no JSON object");
  for (const auto& [scope_name, scope] : scopes.items()) {
    if (!scope.is_object())
      return bad_request("active_clusters_json: scope '" + scope_name + "' is not an object");
    const auto& attributes = scope.contains("clusterAttributes") ? scope["clusterAttributes"] : scope;
    auto& target = (*result.mutable_active_clusters_by_cluster_attribute())[scope_name];
    for (const auto& [name, cluster] : attributes.items()) {
      const auto& value =
          cluster.is_object() && cluster.contains("activeClusterName") ? cluster["activeClusterName"] : cluster;
      if (!value.is_string())
        return bad_request("active_clusters_json: attribute '" + name + "' names no cluster");
      (*target.mutable_cluster_attributes())[name].set_active_cluster_name(value.get<std::string>());
    }
  }
  return result;
}

} // namespace cadenza::cli
