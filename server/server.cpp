#include "server/server.hpp"

#include "config/dynamic_keys.hpp"
#include "config/log.hpp"
#include "config/process_metrics.hpp"
#include "server/chaos.hpp"
#include "server/server_parts.hpp"
#include "server/storage_watch.hpp"
#include "server/warm_up.hpp"

#include <algorithm>
#include <initializer_list>

namespace cadenza {
namespace {

using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

constexpr milliseconds engine_look(2); ///< between looks at an engine that gets ready
constexpr std::chrono::minutes longest_wait(1);

/// How long to wait for the first of these.
std::chrono::nanoseconds until_first(std::initializer_list<steady::time_point> due) {
  const auto now = steady::now();
  return std::clamp<std::chrono::nanoseconds>(std::min(std::min(due), now + longest_wait) - now,
                                              std::chrono::nanoseconds(0), longest_wait);
}

} // namespace

server::server(config::loaded configuration, reloader::load again, std::string commit)
  : configuration_(std::move(configuration)), again_(std::move(again)), commit_(std::move(commit)) {}

server::~server() { stop(); }

outcome<void> server::start(signal_source& signals) {
  process_gauges_ = config::register_process_metrics(registry_);
  settings_ = std::make_unique<settings_part>(registry_);
  CADENZA_TRY(read_settings());
  auto stores = open_stores(values(), registry_, log::write);
  if (!stores)
    return stores.error();
  stores_ = *std::move(stores);
  disk_ = std::make_unique<storage_watch>(values(), *stores_, registry_, steady::now());
  // Before anything looks at a value: what was set at run time counts from the first request on.
  CADENZA_TRY(read_documents(*stores_->store, settings_->stored));
  auto actors = actors_of(values());
  if (!actors)
    return actors.error();
  engine_ = std::make_unique<engine_part>(values(), *std::move(actors), *settings_, *stores_, registry_);
  CADENZA_TRY(engine_->begin());
  // Requests are taken from the moment the ports are open: the engine must be able to carry them out.
  wait_for_engine(signals);
  if (told_to_stop_)
    return {};
  front_ = std::make_unique<front_part>(values(), *settings_, *engine_, registry_);
  CADENZA_TRY(front_->open(commit_));
  serving_ = true;
  tell_of_start();
  return {};
}

/// What a log must tell of each start, wherever it goes.
void server::tell_of_start() const {
  const auto& address = values().frontend.address;
  const auto grpc = grpc_port() != 0 ? address + ':' + std::to_string(grpc_port()) : "off";
  const auto http = address + ':' + std::to_string(http_port());
  const auto tchannel =
      front_ && front_->tchannel_port() != 0 ? address + ':' + std::to_string(front_->tchannel_port()) : "off";
  log::info({field::version(CADENZA_VERSION), field::commit(commit_), field::config(configuration_.origin),
             field::data(stores_->place()), field::grpc(grpc), field::tchannel(tchannel), field::http(http),
             field::shards(stores_->shard_count)},
            "started");
}

outcome<void> server::read_settings() {
  if (values().dynamic.file.empty())
    return {};
  if (const auto read = settings_->dynamic.load_file(values().dynamic.file); !read)
    return error{read.error().kind, "the dynamic configuration is not valid\n" + read.error().message};
  return {};
}

void server::wait_for_engine(signal_source& signals) {
  while (!engine_->ready() && !told_to_stop_)
    told_to_stop_ = signals.wait(engine_look) == signal_kind::stop;
}

int server::grpc_port() const { return front_ ? front_->grpc_port() : 0; }
int server::http_port() const { return front_ ? front_->http_port() : 0; }

std::string server::banner() const {
  const auto& address = values().frontend.address;
  const auto at = [&address](int port) { return address + ':' + std::to_string(port); };
  std::string out = "Cadenza " CADENZA_VERSION " is ready\n";
  out += "  gRPC     " +
         (grpc_port() != 0 ? at(grpc_port()) + "  (uber.cadence.api.v1)" : "off; the node is no frontend") + '\n';
  if (front_ && front_->tchannel_port() != 0)
    out += "  TChannel " + at(front_->tchannel_port()) + '\n';
  out += "  HTTP     " + at(http_port()) + "  (/health /ready /version /metrics)\n";
  out += "  data     " + (stores_->place() == "memory" ? "in memory; gone when the server stops" : stores_->place()) +
         '\n';
  out += "  shards   " + std::to_string(stores_->shard_count) + '\n';
  if (const auto& node = values().node; !node.alone())
    out += "  node     " + node.name + ", for other nodes at " + node.address + '\n';
  if (const auto& group = values().clusters; group.several())
    out += "  cluster  " + group.current + ", for other clusters at " + group.find(group.current)->rpc_address + '\n';
  return out;
}

void server::run(signal_source& signals) {
  if (told_to_stop_ || !serving_)
    return;
  const auto begun = steady::now();
  warm_up warming(front_->health(), begun + settings_->dynamic.current()->get(config::keys::frontend_warmup_duration),
                  begun);
  chaos killing(
      values().chaos, stores_->shard_count,
      [this](const std::string& path) { engine_->engine.kill_actor(path, [](const std::string&) {}); }, begun);
  dynamic_watch watch(settings_->dynamic, values().dynamic.poll_interval, begun);
  reloader reloading(configuration_, again_, settings_->dynamic,
                     [&](const config::server_config& read) { killing.set(read.chaos, steady::now()); });
  while (!told_to_stop_) {
    switch (signals.wait(until_first({warming.due(), killing.due(), watch.due(), disk_->due()}))) {
    case signal_kind::stop: told_to_stop_ = true; break;
    case signal_kind::reload: reloading.reload(); break;
    case signal_kind::none: break;
    }
    const auto now = steady::now();
    warming.tick(now);
    killing.tick(now);
    watch.tick(now);
    disk_->tick(now);
  }
  notify_of_end(signals);
}

/// Whoever spreads requests over servers has some time to hear of it; a second signal ends the wait.
void server::notify_of_end(signal_source& signals) {
  log::info("draining");
  front_->announce_end();
  const auto until = steady::now() + settings_->dynamic.current()->get(config::keys::frontend_shutdown_drain_duration);
  while (steady::now() < until && signals.wait(until_first({until})) != signal_kind::stop)
    ;
}

void server::stop() {
  auto begun = steady::now();
  const auto note = [this, &begun](std::string_view what) {
    const auto now = steady::now();
    const auto took_ms = std::chrono::duration_cast<milliseconds>(now - std::exchange(begun, now)).count();
    if (told_to_stop_)
      log::info({field::what(what), field::took_ms(took_ms)}, "stopping: {what} ended after {took_ms} ms");
  };
  const auto patience = std::chrono::duration_cast<milliseconds>(values().engine.drain_timeout);
  auto* const node = engine_ ? engine_->node.get() : nullptr;
  if (serving_) {
    front_->let_go();
    if (node != nullptr) {
      node->hand_over(patience); // while it still takes requests, and sends them on
      note("shards");
    }
    front_->close(patience);
    note("requests");
  }
  serving_ = false;
  front_.reset();
  if (node != nullptr) {
    node->leave(std::chrono::duration_cast<milliseconds>(values().node.lease));
    note("membership");
  }
  if (std::exchange(engine_, nullptr))
    note("actors");
  disk_.reset();
  if (std::exchange(stores_, nullptr))
    note("store");
  settings_.reset();
  process_gauges_.clear();
}

} // namespace cadenza
