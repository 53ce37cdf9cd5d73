#include "server/clusters_part.hpp"

#include "config/log.hpp"
#include "messages/invariant.hpp"
#include "replication/configured_group.hpp"
#include "server/cluster_metrics.hpp"

#include <utility>

namespace cadenza {
namespace {

replication::cluster_group group_of(const config::server_config& c) {
  auto made = replication::configured_group(c.clusters);
  CADENZA_ASSERT(made, "a configuration that was checked has a group of clusters; " + made.error().message);
  return *std::move(made);
}

actors::cluster_links_options options_of(const config::server_config& c, const actors::clock& time) {
  actors::cluster_links_options out;
  out.incarnation = time.now_ns();
  for (const auto& member : c.clusters.members)
    if (member.enabled && member.name != c.clusters.current)
      out.addresses.emplace(member.name, member.rpc_address);
  return out;
}

} // namespace

actors::link_wire_options cluster_wire_of(const config::server_config& c) {
  actors::link_wire_options out;
  out.certificate = c.cluster_links.certificate_file;
  out.key = c.cluster_links.key_file;
  out.authority = c.cluster_links.authority_file;
  return out;
}

clusters_part::clusters_part(const config::server_config& c, caf::actor_system& system, actors::clock& time,
                             metrics::registry& registry)
  : config_(c), transport_(system, cluster_wire_of(c)),
    links_(system, time, transport_, log::write, group_of(c), options_of(c, time),
           [this](const caf::actor& hall) { transport_.set_hall(hall); }) {
  shown_.push_back(registry.computed_gauges(cluster_metrics[0], [this] {
    metrics::samples out;
    for (const auto& [name, open] : links_.reached())
      out.push_back({{{"target_cluster", name}}, open ? 1.0 : 0.0});
    return out;
  }));
}

clusters_part::~clusters_part() {
  shown_.clear();
  stop();
}

outcome<void> clusters_part::open() {
  const auto& own = *config_.clusters.find(config_.clusters.current);
  const auto opened = transport_.open(config_.cluster_links.listen_host, config_.cluster_links.port);
  if (!opened)
    return error{opened.error().kind, "clusterLinks: " + opened.error().message};
  transport_.set_own_address(own.rpc_address);
  log::info({field::cluster(own.name), field::address(own.rpc_address)},
            "cluster {cluster} waits for others at {address}");
  return {};
}

void clusters_part::begin() {
  CADENZA_ASSERT(local_ != nullptr, "what other clusters ask is carried out by an engine");
  links_.begin([local = local_](const std::string& from, std::uint32_t kind, std::string bytes, actors::call_ptr call) {
    local->serve_cluster(from, kind, std::move(bytes), std::move(call));
  });
}

} // namespace cadenza
