#include "server/serve.hpp"

#include "actors/base/system_sources.hpp"
#include "actors/engine/engine_metrics.hpp"
#include "actors/engine/local_engine.hpp"
#include "bridge/http/admin_routes.hpp"
#include "bridge/http/tchannel_door.hpp"
#include "bridge/rpc/server.hpp"
#include "config/dynamic.hpp"
#include "config/limit_warnings.hpp"
#include "config/load.hpp"
#include "config/log.hpp"
#include "config/process_metrics.hpp"
#include "server/serve_routes.hpp"
#include "server/serve_settings.hpp"
#include "server/serve_shards.hpp"
#include "server/serve_store.hpp"
#include "server/verify_store.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>

#include <csignal>
#include <ctime>
#include <filesystem>
#include <optional>
#include <ostream>
#include <thread>

namespace cadenza {
namespace {

constexpr int standard_port = 7833;

using std::chrono::milliseconds;

void log_from_actors(int level, const std::string& text) {
  switch (level) {
  case 0: return log::debug("{}", text);
  case 1: return log::info("{}", text);
  case 2: return log::warn("{}", text);
  default: return log::error("{}", text);
  }
}

outcome<config::loaded> load_configuration(const cli::server_options& options) {
  config::source from;
  from.root = options.root;
  if (!options.config_file.empty()) {
    from.files.push_back(options.config_file);
  } else if (!options.config_dir.empty()) {
    auto files = config::files_of(options.root, options.config_dir, options.environment, options.zone);
    if (!files)
      return files.error();
    from.files = *std::move(files);
  }
  if (!options.data_dir.empty())
    from.settings.emplace_back("persistence.dataDirectory", options.data_dir);
  if (options.port)
    from.settings.emplace_back("services.frontend.rpc.grpcPort", std::to_string(*options.port));
  if (options.port && *options.port != standard_port) // not the only server of this machine
    from.settings.emplace_back("services.frontend.rpc.port", "0");
  if (options.http_port)
    from.settings.emplace_back("services.frontend.rpc.http.port", std::to_string(*options.http_port));
  if (options.ephemeral)
    from.settings.emplace_back("persistence.defaultStore", "memory");
  return config::load(from);
}

actors::engine_options engine_options_of(const config::server_config& c, int shards) {
  actors::engine_options out;
  out.shard_count = shards;
  auto& s = out.settings;
  s.identity = c.frontend.address + ":" + std::to_string(c.frontend.grpc_port);
  s.cluster = c.clusters.current;
  s.primary_cluster = c.clusters.primary;
  for (const auto& member : c.clusters.members) {
    if (member.name == s.cluster)
      s.initial_failover_version = member.initial_failover_version;
  }
  s.run_cache_bytes = c.engine.run_cache_bytes;
  s.chaos = c.chaos.enabled;
  out.system_domains = true;
  return out;
}

/// Signals are taken by the main thread alone, one at a time.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return set;
}

/// Waits for a signal for so long; 0 when none came.
int wait_signal(const sigset_t& set, milliseconds longest) {
  timespec time{};
  time.tv_sec = longest.count() / 1000;
  time.tv_nsec = longest.count() % 1000 * 1'000'000;
  const int got = sigtimedwait(&set, nullptr, &time);
  return got > 0 ? got : 0;
}

/// Kills a random actor now and then, when the configuration asks for it.
class chaos_monkey {
public:
  chaos_monkey(const config::chaos_config& how, int shards, actors::local_engine& engine)
    : how_(how), shards_(shards), engine_(engine) {}

  [[nodiscard]] bool active() const { return how_.enabled && how_.interval.count() > 0; }
  [[nodiscard]] milliseconds pause() {
    const auto mean = std::chrono::duration_cast<milliseconds>(how_.interval).count();
    return milliseconds(1 + chance_.below(2 * mean));
  }
  void strike() {
    static const std::vector<std::string> all{"run",
                                              "shard",
                                              "task_list",
                                              "shard_owner",
                                              "matching_owner",
                                              "domain_registry",
                                              "document_keeper",
                                              "visibility_writer",
                                              "system_worker"};
    const auto& kinds = how_.kinds.empty() ? all : how_.kinds;
    const auto& kind = kinds[static_cast<std::size_t>(chance_.below(static_cast<std::int64_t>(kinds.size())))];
    const auto shard = "node/shard_owner/history_shard:" + std::to_string(chance_.below(shards_));
    std::string path = "node/" + kind;
    if (kind == "run" || kind == "workflow_run")
      path = shard + "/workflow_run:*";
    else if (kind == "shard" || kind == "history_shard")
      path = shard;
    else if (kind == "task_list")
      path = "node/matching_owner/task_list:*";
    engine_.kill_actor(path, [](const std::string&) {});
  }

private:
  const config::chaos_config& how_;
  const int shards_;
  actors::local_engine& engine_;
  actors::system_entropy chance_;
};

} // namespace

int serve(const cli::server_options& options, std::ostream& out, std::ostream& err) {
  auto loaded = load_configuration(options);
  if (!loaded) {
    err << "Error: the configuration is not valid\n" << loaded.error().message << '\n';
    return 1;
  }
  if (options.print_config) {
    out << config::print(*loaded);
    return 0;
  }
  if (options.check_config) {
    out << "The configuration is valid.\n";
    return 0;
  }
  const auto& c = loaded->values;
  const auto signals = block_signals();
  if (const auto started = log::start(c.log); !started) {
    err << "Error: " << started.error().message << '\n';
    return 1;
  }
  for (const auto& warning : loaded->warnings)
    log::warn("{}", warning);

  config::dynamic_config dynamic;
  if (!c.dynamic.file.empty()) {
    if (const auto read = dynamic.load_file(c.dynamic.file); !read) {
      err << "Error: the dynamic configuration is not valid\n" << read.error().message << '\n';
      return 1;
    }
  }

  metrics::registry registry;
  const auto process = config::register_process_metrics(registry);
  auto opened = open_stores(c, registry, log_from_actors);
  if (!opened) {
    err << "Error: " << opened.error().message << '\n';
    return 1;
  }
  auto& stores = **opened;

  caf::actor_system_config system_config;
  system_config.set("scheduler.policy", caf::atom("sharing"));
  system_config.set(
      "scheduler.max-threads",
      static_cast<std::size_t>(c.engine.scheduler_threads > 0
                                   ? c.engine.scheduler_threads
                                   : static_cast<int>(std::max(2U, std::thread::hardware_concurrency()))));
  caf::actor_system system(system_config);
  actors::system_clock time;
  actors::system_entropy chance;
  bridge::stored_settings stored(dynamic, [](const std::string& text) { log::warn("{}", text); });
  // Before anything looks at a value: what was set at run time counts from the first request on.
  if (const auto read = read_documents(*stores.store, stored); !read) {
    err << "Error: " << read.error().message << '\n';
    stores.store->close();
    return 1;
  }
  limit_warnings warnings(registry, [](const std::string& text) { log::warn("{}", text); });
  const attribute_book attributes(dynamic);
  rules_book rules(dynamic, attributes);
  actors::local_engine engine(
      system, *stores.store, time, chance, [&rules](const auto& domain) { return rules.rules_for(domain); },
      log_from_actors, stores.open_visibility,
      [&] {
        auto all = engine_options_of(c, stores.shard_count);
        all.matching = matching_sources_of(dynamic);
        all.matching.drained = [&stored](const auto&, const std::string& group) { return stored.drained(group); };
        all.live = live_sources_of(dynamic, attributes);
        all.warnings = &warnings;
        all.domain_limits_for = [&dynamic](const std::string& name) {
          return domain_limits_of(*dynamic.current(), name);
        };
        all.on_document = [&stored](actors::document_kind which, const std::string& content) {
          stored.take(which, content);
        };
        return all;
      }());
  const auto engine_gauges = actors::show_metrics(registry, engine.counters());
  engine.begin();

  bridge::health_board health;
  bridge::services with(engine, health, validators_of(dynamic, attributes), {}, &stored);
  with.set_warnings(&warnings);
  const auto apply_settings = [&](const config::snapshot_ptr& now) {
    if (limits_differ(*now))
      with.set_limits(limits_of(*now), [now](const std::string& domain) { return limits_of(*now, domain); });
    else
      with.set_limits(limits_of(*now));
    with.set_rates(rates_of(now));
    set_request_rates(engine, now);
  };
  apply_settings(dynamic.current());
  const auto subscription = dynamic.subscribe(apply_settings);

  bridge::rpc_server rpc(with, health, registry);
  bridge::rpc_options rpc_options;
  rpc_options.host = c.frontend.address;
  rpc_options.port = c.frontend.grpc_port;
  rpc_options.message_bytes_max = static_cast<int>(c.frontend.message_bytes_max);
  rpc_options.queues = c.engine.grpc_threads;
  // Requests are taken from the moment the port is open: the engine must be able to carry them out.
  while (!engine.ready()) {
    if (const int got = wait_signal(signals, milliseconds(2)); got == SIGTERM || got == SIGINT) {
      stores.stopping = true;
      engine.stop();
      stores.store->close();
      return 0;
    }
  }
  const auto port = rpc.start(rpc_options);
  if (!port) {
    err << "Error: " << port.error().message << '\n';
    stores.stopping = true;
    engine.stop();
    stores.store->close();
    return 1;
  }
  bridge::http_server http(health, registry);
  bridge::add_actor_routes(http, engine, std::chrono::seconds(5));
  add_store_routes(http, health, stores);
  add_shard_routes(http, stores);
  add_verify_route(http, stores, engine);
  add_config_routes(http, dynamic);
  bridge::http_options http_options;
  http_options.host = c.frontend.address;
  http_options.port = c.frontend.http_port;
  http_options.version = R"({"version":")" CADENZA_VERSION R"(","contract":"uber.cadence.api.v1"})";
  const auto http_port = http.start(http_options);
  if (!http_port) {
    err << "Error: " << http_port.error().message << '\n';
    rpc.stop();
    stores.stopping = true;
    engine.stop();
    stores.store->close();
    return 1;
  }
  bridge::tchannel_door tchannel(c.frontend.address, *port);
  if (c.frontend.tchannel_port != 0 && tchannel.open(c.frontend.tchannel_port) == 0)
    log::info("port {} is taken: clients that speak TChannel there are told nothing", c.frontend.tchannel_port);
  // While it warms up it serves whoever asks, and tells those who ask first to wait.
  using steady = std::chrono::steady_clock;
  const auto warm_at = steady::now() + dynamic.current()->get(config::keys::frontend_warmup_duration);
  if (steady::now() >= warm_at)
    health.set(bridge::health_state::ok);
  out << "Cadenza " << CADENZA_VERSION << " is ready\n"
      << "  gRPC   " << c.frontend.address << ':' << *port << "  (uber.cadence.api.v1)\n"
      << "  HTTP   " << c.frontend.address << ':' << *http_port << "  (/health /ready /version /metrics)\n"
      << "  data   " << (stores.directory.empty() ? "in memory; gone when the server stops" : stores.directory) << '\n'
      << "  shards " << stores.shard_count << std::endl;

  chaos_monkey chaos(c.chaos, stores.shard_count, engine);
  for (bool running = true; running;) {
    auto pause = chaos.active() ? chaos.pause() : milliseconds(c.dynamic.file.empty() ? 60'000 : 10'000);
    if (!health.serving()) {
      const auto left = std::chrono::ceil<milliseconds>(warm_at - steady::now());
      if (left.count() <= 0)
        health.set(bridge::health_state::ok);
      else
        pause = std::min(pause, left);
    }
    switch (wait_signal(signals, pause)) {
    case SIGTERM:
    case SIGINT: running = false; break;
    case SIGHUP: {
      auto again = load_configuration(options);
      if (again)
        log::set_level(again->values.log.minimum);
      else
        log::error("configuration not reloaded: {}", again.error().message);
      if (const auto reloaded = dynamic.reload(true); !reloaded)
        log::error("dynamic configuration not reloaded: {}", reloaded.error().message);
      else
        log::info("configuration reloaded");
      break;
    }
    default:
      if (chaos.active())
        chaos.strike();
      else if (const auto reloaded = dynamic.reload(); !reloaded)
        log::error("dynamic configuration not reloaded: {}", reloaded.error().message);
    }
  }
  log::info("draining");
  health.set(bridge::health_state::shutting_down);
  // Whoever spreads requests over servers has this long to hear of it; a second signal ends the wait.
  if (const auto notice = dynamic.current()->get(config::keys::frontend_shutdown_drain_duration); notice.count() > 0)
    wait_signal(signals, std::chrono::ceil<milliseconds>(notice));
  engine.drain();
  rpc.drain();
  rpc.stop(std::chrono::duration_cast<milliseconds>(c.engine.drain_timeout));
  stores.stopping = true; // a check or a rebuild under way ends
  http.stop();
  engine.stop();
  stores.store->close();
  log::info("stopped");
  log::stop();
  return 0;
}

} // namespace cadenza
