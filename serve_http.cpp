#include "serve_http.hpp"

#include "storage/open.hpp"

#include <httplib.h>
#include <nlohmann/json.hpp>

#include <future>
#include <thread>

namespace cadenza {
namespace {

using nlohmann::json;

void reply(httplib::Response& to, int status, const json& body) {
  to.status = status;
  to.set_content(body.dump() + "\n", "application/json");
}

json to_json(const storage::backup_info& b) {
  return {{"id", b.id}, {"created_s", b.created_s}, {"bytes", b.bytes}, {"files", b.files}, {"damaged", b.damaged}};
}

/// Waits for an answer of the actor tree; a tree that is being rebuilt may never give one.
template <class T> std::optional<T> wait_a_while(std::future<T>& answer) {
  if (answer.wait_for(std::chrono::seconds(5)) != std::future_status::ready)
    return std::nullopt;
  return answer.get();
}

} // namespace

struct admin_http::state {
  const config::server_config& config;
  actors::engine& engine;
  const bridge::health_board& health;
  const metrics::registry& registry;
  open_store& stores;
  const config::dynamic_config& dynamic;
  httplib::Server server;
  std::thread thread;

  void routes();
  void backup_routes();
  void config_routes();
  [[nodiscard]] std::string backup_directory(const httplib::Request& request) const {
    return request.has_param("dir") ? request.get_param_value("dir") : stores.backup_directory;
  }
};

admin_http::admin_http(const config::server_config& c, actors::engine& engine, const bridge::health_board& health,
                       const metrics::registry& registry, open_store& stores, const config::dynamic_config& dynamic)
  : state_(new state{c, engine, health, registry, stores, dynamic, {}, {}}) {
  state_->routes();
  state_->config_routes();
  state_->backup_routes();
}

admin_http::~admin_http() { stop(); }

void admin_http::state::routes() {
  server.Get("/health", [this](const httplib::Request&, httplib::Response& to) {
    const bool writes = stores.store->accepts_writes();
    const bool fine = health.serving() && writes;
    reply(to, fine ? 200 : 503,
          {{"status", std::string(bridge::text_of(health.state()))}, {"accepts_writes", writes}});
  });
  server.Get("/ready", [this](const httplib::Request&, httplib::Response& to) {
    reply(to, health.serving() ? 200 : 503, {{"ready", health.serving()}});
  });
  server.Get("/version", [](const httplib::Request&, httplib::Response& to) {
    reply(to, 200, {{"version", CADENZA_VERSION}, {"contract", "uber.cadence.api.v1"}});
  });
  server.Get("/metrics", [this](const httplib::Request&, httplib::Response& to) {
    to.set_content(registry.text(), "text/plain; version=0.0.4");
  });
  server.Get("/admin/actors", [this](const httplib::Request&, httplib::Response& to) {
    auto promise = std::make_shared<std::promise<std::vector<actors::actor_info>>>();
    auto future = promise->get_future();
    engine.list_actors([promise](std::vector<actors::actor_info> found) { promise->set_value(std::move(found)); });
    const auto found = wait_a_while(future);
    if (!found)
      return reply(to, 503, {{"error", "the actor tree did not answer in time"}});
    json out = json::array();
    for (const auto& a : *found)
      out.push_back({{"path", a.path}, {"kind", a.kind}, {"restarts", a.restarts}, {"mailbox", a.mailbox}});
    reply(to, 200, out);
  });
  server.Post("/admin/actors/kill", [this](const httplib::Request& request, httplib::Response& to) {
    auto promise = std::make_shared<std::promise<std::string>>();
    auto future = promise->get_future();
    engine.kill_actor(request.get_param_value("path"), [promise](std::string why) { promise->set_value(std::move(why)); });
    const auto why = wait_a_while(future);
    if (!why)
      return reply(to, 503, {{"error", "the actor tree did not answer in time"}});
    if (!why->empty())
      return reply(to, 400, {{"error", *why}});
    reply(to, 200, {{"killed", request.get_param_value("path")}});
  });
}

void admin_http::state::config_routes() {
  // Every key with its default, what it means, and the values that apply now.
  server.Get("/admin/config", [this](const httplib::Request&, httplib::Response& to) {
    const auto now = dynamic.current();
    const auto all = config::dynamic_keys();
    json out = json::array();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto& key = all[i];
      const auto value_of = [&](const config::dynamic_value& value) {
        return json::parse(config::to_json(value, key.type));
      };
      json restricted = json::array();
      for (const auto& value : now->values(i)) {
        json constraints = json::object();
        for (const auto& one : value.constraints)
          constraints[std::string(name_of(one.by))] = one.text;
        restricted.push_back({{"value", value_of(value)}, {"constraints", std::move(constraints)}});
      }
      json filters = json::array();
      for (std::size_t f = 0; f < config::filter_count; ++f)
        if ((key.filters & config::bit(static_cast<config::filter>(f))) != 0)
          filters.push_back(std::string(name_of(static_cast<config::filter>(f))));
      out.push_back({{"name", std::string(key.name)},
                     {"type", std::string(name_of(key.type))},
                     {"default", value_of(config::default_value(i))},
                     {"value", value_of(now->unrestricted(i))},
                     {"restricted", std::move(restricted)},
                     {"filters", std::move(filters)},
                     {"active", key.effect == config::key_effect::active},
                     {"description", std::string(key.meaning)}});
    }
    reply(to, 200, out);
  });
}

void admin_http::state::backup_routes() {
  server.Post("/admin/backup/create", [this](const httplib::Request& request, httplib::Response& to) {
    const auto made = storage::create_backup(*stores.store, backup_directory(request));
    if (!made)
      return reply(to, 500, {{"error", made.error().message}});
    reply(to, 200, to_json(*made));
  });
  const auto list = [this](const httplib::Request& request, httplib::Response& to) {
    const auto found = storage::list_backups(backup_directory(request));
    if (!found)
      return reply(to, 500, {{"error", found.error().message}});
    json out = json::array();
    for (const auto& b : *found)
      out.push_back(to_json(b));
    reply(to, 200, out);
  };
  server.Get("/admin/backup/list", list);
  server.Post("/admin/backup/list", list);
  server.Post("/admin/backup/verify", [this](const httplib::Request& request, httplib::Response& to) {
    const auto directory = backup_directory(request);
    const auto all = storage::list_backups(directory);
    if (!all || all->empty())
      return reply(to, 500, {{"error", all ? "there is no backup in " + directory : all.error().message}});
    std::uint32_t id = all->back().id;
    if (request.has_param("id") && !request.get_param_value("id").empty())
      id = static_cast<std::uint32_t>(std::strtoul(request.get_param_value("id").c_str(), nullptr, 10));
    if (const auto fine = storage::verify_backup(directory, id); !fine)
      return reply(to, 500, {{"error", fine.error().message}});
    reply(to, 200, {{"id", id}, {"valid", true}});
  });
}

outcome<int> admin_http::start() {
  auto& s = *state_;
  // Few threads: this side serves operators and scrapers.
  s.server.new_task_queue = [] { return new httplib::ThreadPool(2); };
  const auto& host = s.config.frontend.address;
  int port = s.config.frontend.http_port;
  if (port == 0) {
    port = s.server.bind_to_any_port(host.c_str());
    if (port <= 0)
      return unavailable("cannot listen for HTTP on " + host);
  } else if (!s.server.bind_to_port(host.c_str(), port)) {
    return unavailable("cannot listen for HTTP on " + host + ":" + std::to_string(port) + ": the port is taken");
  }
  s.thread = std::thread([&s] { s.server.listen_after_bind(); });
  return port;
}

void admin_http::stop() {
  if (!state_->thread.joinable())
    return;
  state_->server.stop();
  state_->thread.join();
}

} // namespace cadenza
