#include "actors/shards/shard_owner.hpp"

#include "actors/base/actor_path.hpp"
#include "actors/shards/history_shard.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <utility>

namespace cadenza::actors {

shard_owner::shard_owner(caf::actor_config& cfg, const actor_context& env, const cluster_views* views)
  : supervised_actor(cfg), env_(env), views_(views), view_(views == nullptr ? nullptr : views->get()),
    shards_(static_cast<std::size_t>(env.routes->shard_count())), backoff_(shards_.size()) {}

void shard_owner::on_exit() {
  for (auto& shard : shards_) {
    if (shard)
      caf::anon_send_exit(shard, caf::exit_reason::kill);
  }
  env_.counters->shards_held.fetch_sub(static_cast<std::int64_t>(by_address_.size()), std::memory_order_relaxed);
  shards_.clear();
  by_address_.clear();
}

caf::behavior shard_owner::make_behavior() {
  set_down_handler([this](caf::down_msg& down) {
    const auto i = by_address_.find(caf::actor_cast<caf::actor_addr>(down.source));
    if (i == by_address_.end())
      return;
    const int index = i->second;
    by_address_.erase(i);
    env_.counters->shards_held.fetch_sub(1, std::memory_order_relaxed);
    shards_[static_cast<std::size_t>(index)] = nullptr;
    if (!is_placed_here(index))
      return; // it was given up
    env_.counters->shard_restarts.fetch_add(1, std::memory_order_relaxed);
    note_death(env_, actor_path::of_shard(index), down.reason);
    // Whoever kills a shard by hand does not want it to stay away; a shard that dies by itself may do so again.
    const bool by_hand = down.reason == caf::exit_reason::kill;
    const auto delay = by_hand ? 0 : backoff_[static_cast<std::size_t>(index)].next(env_.time->now_ns());
    delayed_send(this, std::chrono::nanoseconds(delay), start_shard{index});
  });
  for (int i = 0; i < env_.routes->shard_count(); ++i)
    if (is_placed_here(i))
      start(i);
  return with_common(caf::message_handler{
      [this](start_shard& which) {
        if (is_placed_here(which.index) && !shards_[static_cast<std::size_t>(which.index)])
          start(which.index);
      },
      [this](const end_shard& which) {
        const auto& held = shards_[static_cast<std::size_t>(which.index)];
        if (held && held->address() == which.which)
          caf::anon_send_exit(held, caf::exit_reason::kill);
      },
      [this](placement_changed) { follow(); },
  });
}

bool shard_owner::is_placed_here(int index) const { return !view_ || view_->shard_is_here(index); }

void shard_owner::follow() {
  CADENZA_ASSERT(views_ != nullptr, "who follows a placement has been given one");
  const auto before = std::exchange(view_, views_->get());
  for (int i = 0; i < env_.routes->shard_count(); ++i) {
    const bool was = before->shard_is_here(i);
    if (was == is_placed_here(i))
      continue;
    if (was) {
      env_.counters->shards_given.fetch_add(1, std::memory_order_relaxed);
      give_up(i);
      continue;
    }
    env_.counters->shards_taken.fetch_add(1, std::memory_order_relaxed);
    const auto* owner = before->owner_of_shard(i);
    const bool lives = owner != nullptr && view_->find(owner->name) != nullptr;
    delayed_send(this, std::chrono::nanoseconds(lives ? hand_over_ns : 0), start_shard{i});
  }
}

/// No request finds it any more; what it has begun it finishes, and whoever waits for news in it is told to ask again.
void shard_owner::give_up(int index) {
  env_.routes->set_shard(index, nullptr);
  const auto& held = shards_[static_cast<std::size_t>(index)];
  if (!held)
    return;
  send(held, make_shard_mail(waits_over{}));
  delayed_send(this, std::chrono::nanoseconds(hand_over_ns), end_shard{index, held->address()});
}

void shard_owner::start(int index) {
  CADENZA_ASSERT(index >= 0 && static_cast<std::size_t>(index) < shards_.size(),
                 "a shard is one of those that the cluster has; shard " + std::to_string(index));
  CADENZA_ASSERT(!shards_[static_cast<std::size_t>(index)],
                 "a shard has one actor at a time; shard " + std::to_string(index));
  auto handle = spawn<history_shard, caf::monitored>(env_, index);
  by_address_.emplace(handle->address(), index);
  env_.counters->shards_held.fetch_add(1, std::memory_order_relaxed);
  shards_[static_cast<std::size_t>(index)] = handle;
  env_.routes->set_shard(index, std::move(handle));
}

} // namespace cadenza::actors
