#include "actors/replication/cluster_owner.hpp"

#include "messages/invariant.hpp"
#include "replication/clusters.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <utility>

namespace cadenza::actors {

cluster_owner::cluster_owner(caf::actor_config& cfg, const actor_context& env, replica_maker make)
  : supervised_actor(cfg), env_(env), make_(std::move(make)) {}

void cluster_owner::on_exit() {
  for (const auto& [name, one] : std::exchange(links_, {}))
    if (one.link)
      caf::anon_send_exit(one.link, caf::exit_reason::kill);
}

caf::behavior cluster_owner::make_behavior() {
  set_down_handler([this](caf::down_msg& down) {
    for (auto& [name, one] : links_) {
      if (!one.link || one.link->address() != down.source)
        continue;
      one.link = nullptr;
      note_death(env_, path_of_cluster_link(name), down.reason);
      const auto delay = down.reason == caf::exit_reason::kill ? 0 : one.backoff.next(env_.time->now_ns());
      delayed_send(this, std::chrono::nanoseconds(delay), start_cluster{name});
    }
  });
  for (const auto& member : env_.clusters->group().clusters())
    if (member.name != env_.clusters->group().self())
      start(member.name);
  return with_common(caf::message_handler{
      [this](const start_cluster& asked) { start(asked.name); },
      [this](show_cluster_actors_ptr& asked) {
        for (const auto& [name, one] : links_)
          if (one.link) {
            send(one.link, asked);
            asked->add(path_of_cluster_link(name), "cluster_link", one.link);
          }
      },
      [this](kill_cluster_actor_ptr& asked) {
        for (const auto& [name, one] : links_) {
          const auto path = path_of_cluster_link(name);
          if (!one.link || !asked->path.starts_with(path))
            continue;
          if (asked->path == path) {
            caf::anon_send_exit(one.link, caf::exit_reason::kill);
            return asked->answer(true);
          }
          if (asked->path[path.size()] == '/')
            return send(one.link, asked);
        }
        asked->answer(false);
      },
  });
}

void cluster_owner::start(const std::string& name) {
  auto& one = links_[name];
  CADENZA_ASSERT(!one.link, "there is one link to a cluster; cluster " + name);
  one.link = spawn<cluster_link, caf::monitored>(env_, name, make_);
}

} // namespace cadenza::actors
