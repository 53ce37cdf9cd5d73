#include "server/server_parts.hpp"

#include "actors/engine/configured_rates.hpp"
#include "bridge/checks/configured.hpp"
#include "bridge/http/admin_routes.hpp"
#include "config/log.hpp"
#include "server/memory_budget.hpp"
#include "server/serve_cluster.hpp"
#include "server/serve_routes.hpp"
#include "server/serve_shards.hpp"
#include "server/verify_store.hpp"

#include <algorithm>
#include <string_view>

namespace cadenza {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds actor_patience(5000); ///< of the HTTP routes that ask actors

/// This host as clients and operators are told of it.
std::string host_of(const config::server_config& c) {
  if (!c.node.alone())
    return c.node.client_address;
  return c.frontend.address + ":" + std::to_string(c.frontend.grpc_port);
}

bool has_role(const config::node_config& node, std::string_view role) {
  return node.alone() || std::ranges::find(node.roles, role) != node.roles.end();
}

bridge::rpc_context::facts facts_of(const config::server_config& c) {
  bridge::rpc_context::facts out;
  out.host = host_of(c);
  return out;
}

/// Isolation groups are drained by a document that the store keeps.
class stored_groups final : public actors::live_settings {
public:
  stored_groups(const config::dynamic_config& from, const bridge::stored_settings& stored)
    : live_settings(from), stored_(stored) {}
  [[nodiscard]] bool drained(const std::string& group) const override { return stored_.drained(group); }

private:
  const bridge::stored_settings& stored_;
};

actors::engine_settings engine_settings_of(const config::server_config& c) {
  actors::engine_settings out;
  out.identity = host_of(c);
  out.cluster = c.clusters.current;
  out.primary_cluster = c.clusters.primary;
  for (const auto& member : c.clusters.members)
    if (member.name == out.cluster)
      out.initial_failover_version = member.initial_failover_version;
  out.run_cache_bytes = c.engine.run_cache_bytes > 0 ? c.engine.run_cache_bytes : budget_of(c).run_cache;
  out.chaos = c.chaos.enabled;
  return out;
}

actors::engine_options engine_options_of(const config::server_config& c, settings_part& settings, int shards,
                                         actors::workload& work, node_part* node, clusters_part* clusters) {
  actors::engine_options out;
  out.work = &work;
  out.shard_count = shards;
  out.settings = engine_settings_of(c);
  out.system_domains = has_role(c.node, "worker");
  out.live = settings.live;
  out.warnings = &settings.warnings;
  out.on_document = [&settings](actors::document_kind which, const std::string& content) {
    settings.stored.take(which, content);
  };
  if (node != nullptr)
    node->tie(out);
  if (clusters != nullptr)
    clusters->tie(out);
  return out;
}

} // namespace

settings_part::settings_part(metrics::registry& registry)
  : stored(dynamic, log::write), warnings(registry, log::write),
    live(std::make_shared<const stored_groups>(dynamic, stored)) {}

engine_part::engine_part(const config::server_config& c, std::unique_ptr<caf::actor_system_config> how,
                         settings_part& settings, open_store& s, metrics::registry& registry)
  : stores(s), system_config(std::move(how)), system(*system_config), work(registry, time),
    node(c.node.alone() ? nullptr : std::make_unique<node_part>(c, s.shard_count, system, *s.store, time, registry)),
    clusters(c.clusters.several() ? std::make_unique<clusters_part>(c, system, time, registry) : nullptr),
    engine(system, *s.store, time, chance, log::write, s.open_visibility,
           engine_options_of(c, settings, s.shard_count, work, node.get(), clusters.get())),
    gauges(actors::show_metrics(registry, engine.counters())) {
  if (node)
    node->join(engine);
  if (clusters)
    clusters->join(engine);
}

engine_part::~engine_part() {
  stores.stopping = true; // a check or a rebuild under way ends
  if (node)
    node->stop();
  if (clusters)
    clusters->stop();
  engine.stop();
}

outcome<void> engine_part::begin() {
  if (node)
    CADENZA_TRY(node->open());
  if (clusters)
    CADENZA_TRY(clusters->open());
  engine.begin();
  if (node)
    node->begin();
  if (clusters)
    clusters->begin();
  return {};
}

front_part::front_part(const config::server_config& c, settings_part& settings, engine_part& engine,
                       metrics::registry& registry)
  : config_(c), settings_(settings), engine_(engine),
    services_(engine.whole(), health_, bridge::validators_of(settings.dynamic, *settings.live), facts_of(c),
              &settings.stored),
    rpc_(services_, health_, registry), http_(health_, registry) {
  services_.set_warnings(&settings.warnings);
  if (engine.node)
    services_.set_hosts([&node = *engine.node] { return node.hosts(); });
  apply_settings(settings.dynamic.current());
  subscription_ = settings.dynamic.subscribe([this](const config::snapshot_ptr& now) { apply_settings(now); });
}

front_part::~front_part() {
  subscription_.reset();
  engine_.stores.stopping = true; // a check that an HTTP request waits for ends
}

void front_part::apply_settings(const config::snapshot_ptr& now) {
  if (bridge::limits_differ(*now))
    services_.set_limits(bridge::limits_of(*now),
                         [now](const std::string& domain) { return bridge::limits_of(*now, domain); });
  else
    services_.set_limits(bridge::limits_of(*now));
  services_.set_rates(bridge::rates_of(now));
  actors::set_request_rates(engine_.engine, now);
}

void front_part::add_routes() {
  auto& stores = engine_.stores;
  bridge::add_actor_routes(http_, engine_.engine, actor_patience);
  add_store_routes(http_, health_, stores, engine_.engine, engine_.clusters.get());
  add_shard_routes(http_, stores);
  add_verify_route(http_, stores, engine_.engine);
  add_cluster_routes(http_, engine_.node.get(), stores.shard_count, host_of(config_));
  add_config_routes(http_, settings_.dynamic);
}

outcome<void> front_part::open(const std::string& commit) {
  bridge::rpc_options rpc;
  rpc.host = config_.frontend.address;
  rpc.port = config_.frontend.grpc_port;
  if (config_.frontend.tchannel_port != 0)
    rpc.tchannel_port = config_.frontend.tchannel_port;
  rpc.network = network_of(config_);
  if (has_role(config_.node, "frontend")) {
    const auto grpc_port = rpc_.start(rpc);
    if (!grpc_port)
      return grpc_port.error();
    grpc_port_ = *grpc_port;
  }

  add_routes();
  bridge::http_options http;
  http.host = config_.frontend.address;
  http.port = config_.frontend.http_port;
  http.network = rpc.network;
  http.version =
      R"({"version":")" CADENZA_VERSION R"(","commit":")" + commit + R"(","contract":"uber.cadence.api.v1"})";
  const auto http_port = http_.start(http);
  if (!http_port)
    return http_port.error();
  http_port_ = *http_port;
  return {};
}

void front_part::announce_end() { health_.set(bridge::health_state::shutting_down); }

void front_part::let_go() {
  announce_end();
  engine_.engine.drain();
  rpc_.drain();
}

void front_part::close(milliseconds grace) { rpc_.stop(grace); }

} // namespace cadenza
