#include "server/node_part.hpp"

#include "actors/base/engine_counters.hpp"
#include "config/log.hpp"
#include "config/typed_node.hpp"
#include "server/clusters_part.hpp"
#include "server/node_metrics.hpp"

#include <caf/atom.hpp>

#include <algorithm>
#include <future>
#include <thread>

namespace cadenza {
namespace {

using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

constexpr milliseconds look(5); ///< between looks at a hand-over

actors::link_wire_options wire_of(const config::node_config& node) {
  actors::link_wire_options out;
  out.certificate = node.certificate_file;
  out.key = node.key_file;
  out.authority = node.authority_file;
  out.heartbeat_ns = node.beat.count();
  out.silence_ns = node.lease.count();
  return out;
}

unsigned roles_of(const config::node_config& node) {
  unsigned out = 0;
  for (const auto& word : node.roles)
    out |= actors::roles_of(word).value_or(0);
  return out;
}

actors::cluster_node_options options_of(const config::server_config& c, int shard_count, const actors::clock& time) {
  actors::cluster_node_options out;
  out.cluster = c.clusters.current;
  out.shard_count = shard_count;
  out.waits = true; // what it is given before others know of it they would go on writing to
  out.renew_ns = out.margin_ns = out.beat_ns = c.node.beat.count();
  out.silence_ns = c.node.lease.count();
  auto& card = out.card;
  card.name = c.node.name;
  card.incarnation = card.started_ns = time.now_ns();
  card.link_address = c.node.address;
  card.grpc_address = c.node.client_address;
  card.http_address = c.node.http_address;
  card.roles = roles_of(c.node);
  card.build = CADENZA_VERSION;
  card.lease_ns = c.node.lease.count();
  return out;
}

/// Calls with something to call back, and waits for that as long as `patience`.
template <class Ask> bool wait_for_end(Ask&& ask, milliseconds patience) {
  auto told = std::make_shared<std::promise<void>>();
  auto over = told->get_future();
  ask([told] { told->set_value(); });
  return over.wait_for(patience) == std::future_status::ready;
}

} // namespace

outcome<std::unique_ptr<caf::actor_system_config>> actors_of(const config::server_config& c) {
  const auto threads = c.engine.scheduler_threads > 0 ? static_cast<std::size_t>(c.engine.scheduler_threads)
                                                      : std::max(2U, std::thread::hardware_concurrency());
  auto out = std::make_unique<caf::actor_system_config>();
  out->set("scheduler.policy", caf::atom("sharing"));
  out->set("scheduler.max-threads", threads);
  if (!c.node.alone())
    CADENZA_TRY(actors::prepare_links(*out, wire_of(c.node)));
  if (c.clusters.several()) // with one node each: the check of the configuration sees to that
    CADENZA_TRY(actors::prepare_links(*out, cluster_wire_of(c)));
  return out;
}

node_part::node_part(const config::server_config& c, int shard_count, caf::actor_system& system, storage::store& store,
                     actors::clock& time, metrics::registry& registry)
  : config_(c.node), transport_(system, wire_of(c.node)),
    cluster_(system, store, time, transport_, log::write, options_of(c, shard_count, time),
             [this](const caf::actor& hall) { transport_.set_hall(hall); }) {
  shown_.push_back(registry.computed_gauges(node_metrics[0], [this] {
    return metrics::samples{{{}, static_cast<double>(view()->members().size())}};
  }));
  shown_.push_back(registry.computed_gauges(node_metrics[1], [this] {
    return metrics::samples{{{}, view()->self_belongs() ? 1.0 : 0.0}};
  }));
  shown_.push_back(registry.computed_gauges(node_metrics[3], [this] {
    return metrics::samples{{{}, static_cast<double>(cluster_.open_links())}};
  }));
  shown_.push_back(registry.computed_gauges(node_metrics[2], [this] {
    metrics::samples out;
    for (const auto& [name, count] : view()->shares())
      out.push_back({{{"node", name}}, static_cast<double>(count)});
    return out;
  }));
}

node_part::~node_part() {
  shown_.clear();
  stop();
}

void node_part::join(actors::local_engine& local) {
  local_ = &local;
  cluster_.join(local);
}

outcome<void> node_part::open() {
  const auto opened = transport_.open(config_.listen_host, config_.listen_port);
  if (!opened)
    return opened.error();
  transport_.set_own_address(config_.address);
  log::info({field::node(config_.name), field::address(config_.address)}, "node {node} waits for others at {address}");
  return {};
}

void node_part::begin() {
  alone_ = steady::now() + config_.beat + config_.beat / 2;
  enters_ = steady::now() + config_.lease + config_.beat;
  cluster_.begin();
  begun_ = true;
}

/// Two that took the same shards would fence each other, and one would notice only when it writes. So whoever finds
/// nobody who holds anything waits until he knows all that came with him, and of these the one of the least name goes
/// first: the others find somebody who hands over.
bool node_part::may_enter(const actors::cluster_view& now) const {
  if (steady::now() >= enters_)
    return true;
  const auto& all = now.members();
  const bool somebody = std::any_of(all.begin(), all.end(), [](const auto& other) { return other.roles != 0; });
  const bool turn = std::none_of(all.begin(), all.end(),
                                 [&](const auto& other) { return other.roles == 0 && other.name < now.self(); });
  return (somebody || steady::now() >= alone_) && turn && cluster_.linked();
}

bool node_part::belongs() {
  const auto now = view();
  const auto* self = now->find(now->self());
  if (self == nullptr)
    return false;
  if (!entered_ && may_enter(*now)) {
    cluster_.enter();
    entered_ = true;
  }
  if (self->roles == 0)
    return false;
  for (int shard = 0; shard < now->shard_count(); ++shard)
    if (now->shard_is_here(shard) && !local_->holds(shard))
      return false;
  return true;
}

std::vector<bridge::rpc_context::host> node_part::hosts() const {
  std::vector<bridge::rpc_context::host> out;
  const auto now = view();
  for (const auto& member : now->members()) {
    bridge::rpc_context::host one;
    one.identity = member.grpc_address;
    for (const auto& role : config::role_names)
      if ((member.roles & actors::roles_of(role).value_or(0)) != 0)
        one.roles.emplace_back(role);
    out.push_back(std::move(one));
  }
  return out;
}

bool node_part::holds_any() const { return local_->counters().shards_held.load(std::memory_order_relaxed) > 0; }

bool node_part::is_placed_here() const {
  const auto now = view();
  for (int shard = 0; shard < now->shard_count(); ++shard)
    if (now->shard_is_here(shard))
      return true;
  return false;
}

void node_part::hand_over(milliseconds patience) {
  const auto until = steady::now() + patience;
  if (!view()->self_belongs())
    return;
  if (!wait_for_end([this](auto done) { cluster_.drain(std::move(done)); }, patience)) {
    log::warn({field::node(config_.name)}, "node {node} could not tell the others that it ends");
    return;
  }
  // The last one keeps what it has: nobody is there to take it.
  while (holds_any() && !is_placed_here() && steady::now() < until)
    std::this_thread::sleep_for(look);
  if (holds_any() && !is_placed_here())
    log::warn({field::node(config_.name)}, "node {node} ends with shards that it could not hand over in time");
}

void node_part::leave(milliseconds patience) {
  if (!begun_)
    return;
  if (wait_for_end([this](auto done) { cluster_.leave(std::move(done)); }, patience))
    log::info({field::node(config_.name)}, "node {node} has left the cluster");
  else
    log::warn({field::node(config_.name)}, "node {node} could not tell the store that it leaves; its lease runs out");
}

} // namespace cadenza
