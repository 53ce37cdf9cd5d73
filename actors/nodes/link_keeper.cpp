#include "actors/nodes/link_keeper.hpp"

#include "actors/nodes/link_hall.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <utility>

namespace cadenza::actors {

link_keeper::link_keeper(caf::actor_config& cfg, const actor_context& env, const link_options& options,
                         link_transport& transport, const cluster_views& views, node_links& links,
                         std::function<void(caf::actor)> hall)
  : supervised_actor(cfg), env_(env), options_(options), transport_(transport), views_(views), links_(links),
    hall_(std::move(hall)) {}

void link_keeper::on_exit() {
  links_.publish({});
  for (const auto& [node, one] : held_)
    if (one.link)
      caf::anon_send_exit(one.link, caf::exit_reason::kill);
  if (hall_actor_)
    caf::anon_send_exit(hall_actor_, caf::exit_reason::kill);
  held_.clear();
  by_address_.clear();
  hall_actor_ = nullptr;
}

caf::behavior link_keeper::make_behavior() {
  set_down_handler([this](caf::down_msg& down) {
    const auto again_in = [this](restart_backoff& backoff, const std::string& node, const caf::error& reason) {
      note_death(env_, node.empty() ? "node/link_keeper/link_hall" : "node/link_keeper/peer_link:" + node, reason);
      const auto delay = reason == caf::exit_reason::kill ? 0 : backoff.next(env_.time->now_ns());
      delayed_send(this, std::chrono::nanoseconds(delay), link_again{node});
    };
    if (hall_actor_ && down.source == hall_actor_->address()) {
      hall_actor_ = nullptr;
      return again_in(hall_backoff_, {}, down.reason);
    }
    const auto i = by_address_.find(down.source);
    if (i == by_address_.end())
      return;
    const auto node = i->second;
    by_address_.erase(i);
    auto& one = held_.at(node);
    one.link = nullptr;
    publish();
    again_in(one.backoff, node, down.reason);
  });
  start_hall();
  follow(*views_.get());
  return with_common(caf::message_handler{
      [this](cluster_view_ptr& view) { follow(*view); },
      [this](const link_again& asked) {
        if (asked.node.empty())
          return start_hall();
        const auto i = held_.find(asked.node);
        if (i != held_.end() && !i->second.link) {
          start(asked.node);
          publish();
        }
      },
  });
}

void link_keeper::start_hall() {
  CADENZA_ASSERT(!hall_actor_, "there is one hall at a time");
  hall_actor_ = spawn<link_hall, caf::monitored>(env_, options_);
  hall_(hall_actor_);
}

void link_keeper::start(const std::string& node) {
  auto& one = held_.at(node);
  CADENZA_ASSERT(!one.link, "there is one link to a node at a time; node " + node);
  one.link = spawn<peer_link, caf::monitored>(env_, options_, transport_, one.target);
  by_address_.emplace(one.link->address(), node);
}

/// Views come in their order; a member that has gone for good has no link any more.
void link_keeper::follow(const cluster_view& view) {
  for (auto i = held_.begin(); i != held_.end();) {
    if (view.find(i->first) != nullptr) {
      ++i;
      continue;
    }
    if (i->second.link) {
      by_address_.erase(i->second.link->address());
      demonitor(i->second.link->address());
      caf::anon_send_exit(i->second.link, caf::exit_reason::kill);
    }
    i = held_.erase(i);
  }
  for (const auto& member : view.members()) {
    if (member.name == options_.self)
      continue;
    const link_target target{member.name, member.link_address, member.incarnation};
    const auto [i, fresh] = held_.try_emplace(member.name, held{target, nullptr, {}});
    if (fresh) {
      start(member.name);
    } else if (i->second.target != target) {
      i->second.target = target;
      if (i->second.link)
        send(i->second.link, target);
    }
  }
  publish();
}

void link_keeper::publish() {
  node_links::table table;
  for (const auto& [node, one] : held_)
    if (one.link)
      table.emplace(node, one.link);
  links_.publish(std::move(table));
}

} // namespace cadenza::actors
