#include "config/typed_clusters.hpp"

#include "config/host_port.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace cadenza::config {

namespace {

cluster_member member_of(const std::string& name, const reader& from, std::int64_t increment, problems& out) {
  cluster_member one;
  one.name = name;
  one.enabled = from.flag("enabled");
  one.initial_failover_version = from.integer("initialFailoverVersion");
  if (const auto version = from.integer("newInitialFailoverVersion"); from.given("newInitialFailoverVersion"))
    one.new_initial_failover_version = version;
  one.rpc_address = from.text("rpcAddress");
  one.transport = from.text("rpcTransport");
  for (const auto& [key, version] : {std::pair("initialFailoverVersion", std::optional(one.initial_failover_version)),
                                     {"newInitialFailoverVersion", one.new_initial_failover_version}})
    if (version && *version >= increment)
      out.add(fmt::format("{}: expected less than failoverVersionIncrement ({}), found {}", from.where(key), increment,
                          *version));
  if (one.enabled && one.rpc_address.empty())
    out.add(fmt::format("{}: rpcAddress is needed", from.where()));
  return one;
}

/// What this version can do with another cluster.
void check_other(const reader& from, const cluster_member& other, problems& out) {
  if (other.transport != "actor")
    out.add(fmt::format("{}: relaying to another cluster over {} is not there yet; rpcTransport: actor",
                        from.where("rpcTransport"), other.transport == "grpc" ? "gRPC" : "TChannel"));
  if (!other.rpc_address.empty() && (!is_host_port(other.rpc_address) || parts_of(other.rpc_address).host.empty()))
    out.add(fmt::format("{}: expected host:port, where that cluster takes links, found \"{}\"",
                        from.where("rpcAddress"), other.rpc_address));
  // Ignoring it would leave open what was meant to be closed.
  if (from.flag("tls.enabled"))
    out.add(fmt::format("{}: links of clusters speak TLS by clusterLinks.tls", from.where("tls")));
  if (from.flag("authorizationProvider.enable"))
    out.add(fmt::format("{}: links of clusters know each other by clusterLinks.tls, not by tokens",
                        from.where("authorizationProvider")));
}

} // namespace

cluster_config clusters_of(const reader& from, const frontend_config& frontend, problems& out) {
  cluster_config clusters;
  clusters.failover_version_increment = from.integer("failoverVersionIncrement");
  clusters.primary = from.text("primaryClusterName");
  clusters.current = from.text("currentClusterName");
  clusters.redirection_policy = from.text("clusterRedirectionPolicy.policy");
  std::set<std::int64_t> versions;
  const auto group = from.at("clusterGroup").named();
  for (const auto& [name, member] : group) {
    auto one = member_of(name, member, clusters.failover_version_increment, out);
    for (const auto& [key, version] : {std::pair("initialFailoverVersion", std::optional(one.initial_failover_version)),
                                       {"newInitialFailoverVersion", one.new_initial_failover_version}})
      if (version && !versions.insert(*version).second)
        out.add(fmt::format("{}: another cluster has the version {}, too", member.where(key), *version));
    clusters.members.push_back(std::move(one));
  }
  if (!from.given("clusterGroup")) {
    cluster_member alone;
    alone.name = clusters.current;
    alone.rpc_address = fmt::format("{}:{}", frontend.address, frontend.grpc_port);
    clusters.members.push_back(std::move(alone));
  }
  for (const std::string_view key : {"primaryClusterName", "currentClusterName"}) {
    const auto name = from.text(key);
    if (!clusters.find(name))
      out.add(fmt::format("{}: {} is not in clusterGroup", from.where(key), name));
  }
  if (!clusters.several())
    return clusters;
  for (const auto& [name, member] : group)
    if (const auto* one = clusters.find(name); one->enabled && name != clusters.current)
      check_other(member, *one, out);
  if (const auto* self = clusters.find(clusters.current); self && !self->enabled)
    out.add(fmt::format("{}: {} is not enabled", from.where("currentClusterName"), self->name));
  return clusters;
}

cluster_links_config cluster_links_of(const reader& all, const server_config& so_far, problems& out) {
  const auto from = all.at("clusterLinks");
  cluster_links_config links;
  links.listen_host = without_brackets(from.text("bindAddress"));
  links.port = from.small("port");
  links.certificate_file = from.text("tls.certFile");
  links.key_file = from.text("tls.keyFile");
  links.authority_file = from.text("tls.caFile");
  if (!so_far.clusters.several()) {
    for (const auto& [key, given] : {std::pair("bindAddress", !links.listen_host.empty()),
                                     {"port", links.port != 0},
                                     {"tls.certFile", !links.certificate_file.empty()},
                                     {"tls.keyFile", !links.key_file.empty()},
                                     {"tls.caFile", !links.authority_file.empty()}})
      if (given)
        out.add(fmt::format("{}: needs another enabled cluster in clusterGroupMetadata.clusterGroup", from.where(key)));
    return {};
  }
  if (!so_far.node.alone())
    out.add(fmt::format("{}: several nodes of one cluster cannot be one of several clusters yet; leave out the section "
                        "node, or the other clusters",
                        all.where("node.address")));
  if (links.listen_host.empty())
    links.listen_host = "0.0.0.0";
  const auto* self = so_far.clusters.find(so_far.clusters.current);
  if (links.port == 0 && self && is_host_port(self->rpc_address))
    links.port = parts_of(self->rpc_address).port;
  if (links.port == 0)
    out.add(fmt::format("{}: needed, because the own rpcAddress in clusterGroupMetadata.clusterGroup names no port",
                        from.where("port")));
  for (const auto& [taken, whose] : {std::pair(so_far.frontend.grpc_port, "gRPC"), {so_far.frontend.http_port, "HTTP"}})
    if (links.port != 0 && links.port == taken)
      out.add(fmt::format("{}: {} listens at port {} already; links of clusters have a port of their own, which the "
                          "rpcAddress of the cluster names",
                          from.where("port"), whose, taken));
  const int files = static_cast<int>(!links.certificate_file.empty()) + static_cast<int>(!links.key_file.empty()) +
                    static_cast<int>(!links.authority_file.empty());
  if (files != 0 && files != 3)
    out.add(fmt::format("{}: certFile, keyFile and caFile belong together", from.where("tls")));
  return links;
}

} // namespace cadenza::config
