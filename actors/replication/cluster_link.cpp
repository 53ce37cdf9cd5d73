#include "actors/replication/cluster_link.hpp"

#include "messages/constants.hpp"
#include "messages/invariant.hpp"
#include "replication/clusters.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace cadenza::actors {
namespace {

constexpr std::int64_t patience_ns = 10 * ns_per_s; ///< for an answer to a greeting
constexpr std::int64_t first_pause_ns = 100 * ns_per_ms;
constexpr std::int64_t longest_pause_ns = 5 * ns_per_s; ///< between greetings that fail
constexpr std::int64_t calm_pause_ns = 10 * ns_per_s;   ///< between those that are answered

} // namespace

std::string path_of_cluster_link(const std::string& cluster) { return std::string(cluster_link_prefix) + cluster; }

cluster_link::cluster_link(caf::actor_config& cfg, const actor_context& env, std::string cluster, replica_maker make)
  : supervised_actor(cfg), env_(env), cluster_(std::move(cluster)), make_(std::move(make)) {
  CADENZA_ASSERT(make_, "what a cluster tells is taken by somebody");
}

caf::actor cluster_link::me() { return caf::actor_cast<caf::actor>(this); }

std::string cluster_link::path_of(int shard) const {
  return path_of_cluster_link(cluster_) + "/replica_shard:" + std::to_string(shard);
}

void cluster_link::on_exit() { end_all(); }

void cluster_link::end_all() {
  for (const auto& [shard, one] : std::exchange(held_, {}))
    if (one.actor) {
      demonitor(one.actor->address());
      caf::anon_send_exit(one.actor, caf::exit_reason::kill);
    }
  by_address_.clear();
}

caf::behavior cluster_link::make_behavior() {
  set_down_handler([this](caf::down_msg& down) {
    const auto i = by_address_.find(down.source);
    if (i == by_address_.end())
      return;
    const int shard = i->second;
    by_address_.erase(i);
    auto& one = held_.at(shard);
    one.actor = nullptr;
    note_death(env_, path_of(shard), down.reason);
    const auto delay = down.reason == caf::exit_reason::kill ? 0 : one.backoff.next(env_.time->now_ns());
    delayed_send(this, std::chrono::nanoseconds(delay), replica_again{shard});
  });
  greet();
  return with_common(caf::message_handler{
      [this](cluster_greeted_ptr& what) { greeted(*what); },
      [this](greet_again) { greet(); },
      [this](replica_again asked) {
        const auto i = held_.find(asked.shard);
        if (i != held_.end() && !i->second.actor)
          start(asked.shard);
      },
      [this](show_cluster_actors_ptr& asked) {
        for (const auto& [shard, one] : held_)
          if (one.actor)
            asked->add(path_of(shard), "replica_shard", one.actor);
      },
      [this](kill_cluster_actor_ptr& asked) {
        for (const auto& [shard, one] : held_)
          if (one.actor && path_of(shard) == asked->path) {
            caf::anon_send_exit(one.actor, caf::exit_reason::kill);
            return asked->answer(true);
          }
        asked->answer(false);
      },
  });
}

void cluster_link::greet() {
  auto call = std::make_shared<inner_call<wire::v1::GreetingAnswer>>(
      env_.time->now_ns() + patience_ns, [self = me()](const wire::v1::GreetingAnswer* answer, const error* failure) {
        auto what = std::make_shared<cluster_greeted>();
        if (answer != nullptr)
          what->answer = *answer;
        else
          what->failure = *failure;
        caf::anon_send(self, std::move(what));
      });
  env_.clusters->ask(cluster_, cluster_kind::greeting, wire::v1::GreetingRequest().SerializeAsString(), false,
                     std::move(call));
}

/// Why nothing is taken from whoever answers; "" when there is no reason.
std::string cluster_link::objection(const wire::v1::GreetingAnswer& answer) const {
  if (answer.cluster() != cluster_)
    return "it says that it is cluster " + answer.cluster();
  if (answer.failover_version_increment() != env_.clusters->group().increment())
    return "its failoverVersionIncrement is " + std::to_string(answer.failover_version_increment()) + ", and " +
           std::to_string(env_.clusters->group().increment()) + " here";
  if (answer.shard_count() <= 0)
    return "it says that it has no shards";
  return {};
}

void cluster_link::greeted(const cluster_greeted& what) {
  const auto why = what.failure ? what.failure->message : objection(what.answer);
  const bool known = shard_count_ > 0;
  if (why.empty()) {
    failures_ = 0;
    told_.clear();
    take(what.answer.shard_count());
    delayed_send(this, std::chrono::nanoseconds(calm_pause_ns), greet_again{});
    return;
  }
  if (!what.failure && known) { // another cluster has come in its place
    end_all();
    shard_count_ = 0;
  }
  if ((!known || !what.failure) && std::exchange(told_, why) != why)
    env_.log(log::level::warn, {field::cluster(cluster_), field::error(why)},
             "nothing is taken from cluster {cluster}");
  const auto doublings = std::min(failures_++, 10);
  const auto pause = what.failure && !known ? std::min(first_pause_ns << doublings, longest_pause_ns) : calm_pause_ns;
  delayed_send(this, std::chrono::nanoseconds(pause), greet_again{});
}

void cluster_link::take(int shard_count) {
  if (shard_count == shard_count_)
    return;
  end_all();
  shard_count_ = shard_count;
  env_.log(log::level::info, {field::cluster(cluster_), field::shards(shard_count)},
           "cluster {cluster} has {shards} history shards: what it tells is taken");
  for (int shard = 0; shard < shard_count; ++shard)
    start(shard);
}

void cluster_link::start(int shard) {
  auto& one = held_[shard];
  CADENZA_ASSERT(!one.actor, "there is one actor for each shard of another cluster; " + path_of(shard));
  one.actor = make_(*this, cluster_, shard, shard_count_);
  by_address_.emplace(one.actor->address(), shard);
}

} // namespace cadenza::actors
