#include "actors/engine/node.hpp"

#include "actors/cluster/document_keeper.hpp"
#include "actors/cluster/domain_registry.hpp"
#include "actors/matching/far_desk.hpp"
#include "actors/matching/matching_owner.hpp"
#include "actors/replication/cluster_owner.hpp"
#include "actors/replication/replica_shard.hpp"
#include "actors/runs/run_starter.hpp"
#include "actors/runs/shard_mail.hpp"
#include "actors/shards/shard_owner.hpp"
#include "messages/invariant.hpp"

#include <caf/all.hpp>

namespace cadenza::actors {

node::node(caf::actor_config& cfg, const actor_context& env, visibility_opener open_visibility, bool detached_writer,
           std::function<void()> ready, worker_tools worker, const cluster_views* placement)
  : supervised_actor(cfg), env_(env), open_visibility_(std::move(open_visibility)), detached_writer_(detached_writer),
    ready_(std::move(ready)), worker_(std::move(worker)), placement_(placement) {}

namespace {

/// Domains have changed: what a shard holds back for one that is active elsewhere may go on.
void tell_shards(const actor_context& env) {
  for (int i = 0; env.clusters->any() && i < env.routes->shard_count(); ++i)
    if (const auto shard = env.routes->shard(i))
      caf::anon_send(shard, make_shard_mail(domains_told{}));
}

} // namespace

void node::on_exit() {
  for (auto& [which, handle] : children_)
    caf::anon_send_exit(handle, caf::exit_reason::kill);
  children_.clear();
}

std::string_view name_of(node_child which) {
  switch (which) {
  case node_child::domain_registry: return "domain_registry";
  case node_child::document_keeper: return "document_keeper";
  case node_child::shard_owner: return "shard_owner";
  case node_child::matching_owner: return "matching_owner";
  case node_child::visibility_writer: return "visibility_writer";
  case node_child::system_worker: return "system_worker";
  case node_child::cluster_owner: return "cluster_owner";
  }
  return "unknown";
}

caf::behavior node::make_behavior() {
  log_exceptions(*this, env_, "node"); // nobody supervises it
  set_down_handler([this](caf::down_msg& down) {
    for (auto i = children_.begin(); i != children_.end(); ++i) {
      if (i->second->address() != down.source)
        continue;
      const auto which = i->first;
      children_.erase(i);
      env_.counters->owner_restarts.fetch_add(1, std::memory_order_relaxed);
      note_death(env_, "node/" + std::string(name_of(which)), down.reason);
      const bool by_hand = down.reason == caf::exit_reason::kill;
      const auto delay = by_hand ? 0 : backoff_[which].next(env_.time->now_ns());
      delayed_send(this, std::chrono::nanoseconds(delay), start_child{which});
      return;
    }
  });
  start(node_child::document_keeper);
  start(node_child::domain_registry);
  start(node_child::matching_owner);
  start(node_child::visibility_writer);
  return with_common(caf::message_handler{
      [this](start_child& child) { start(child.which); },
      [this](domains_ready) {
        if (children_.contains(node_child::shard_owner) || !ready_)
          return;
        start(node_child::shard_owner);
        if (worker_.to != nullptr)
          start(node_child::system_worker);
        if (env_.clusters->any())
          start(node_child::cluster_owner);
        ready_();
        ready_ = nullptr;
      },
      [this](drain_node) {
        draining_ = true;
        const auto i = children_.find(node_child::system_worker);
        if (i != children_.end())
          send(i->second, worker_drain{});
      },
      [this](placement_changed news) {
        const auto i = children_.find(node_child::shard_owner);
        if (i != children_.end())
          send(i->second, news);
        const auto matching = children_.find(node_child::matching_owner);
        if (matching != children_.end() && env_.others->any())
          send(matching->second, far_placement{});
      },
      [this](kill_child_ptr& kill) {
        const auto i = children_.find(kill->which);
        if (i != children_.end())
          caf::anon_send_exit(i->second, caf::exit_reason::kill);
        kill->answer(i != children_.end());
      },
      [this](show_cluster_actors_ptr& asked) {
        const auto i = children_.find(node_child::cluster_owner);
        if (i != children_.end())
          send(i->second, std::move(asked));
      },
      [this](kill_cluster_actor_ptr& asked) {
        const auto i = children_.find(node_child::cluster_owner);
        if (i != children_.end())
          send(i->second, std::move(asked));
        else
          asked->answer(false);
      },
      [this](const children_query& asked) {
        std::vector<std::pair<std::string, caf::actor>> out;
        for (const auto& [which, handle] : children_)
          out.emplace_back(name_of(which), handle);
        asked.answer(std::move(out));
      },
      [this](run_later_ptr& asked) {
        if (asked->delay_ns > 0)
          delayed_send(this, std::chrono::nanoseconds(std::exchange(asked->delay_ns, 0)), asked);
        else
          asked->what();
      },
  });
}

void node::start(node_child which) {
  CADENZA_ASSERT(!children_.contains(which), "the node has one of each child; " + std::string(name_of(which)));
  caf::actor handle;
  switch (which) {
  case node_child::domain_registry:
    handle = spawn<domain_registry, caf::monitored>(
        env_, [self = caf::actor_cast<caf::actor>(this)] { caf::anon_send(self, domains_ready{}); },
        [&env = env_] { tell_shards(env); });
    env_.routes->set_domains(handle);
    break;
  case node_child::document_keeper:
    handle = spawn<document_keeper, caf::monitored>(env_, env_.on_document);
    env_.routes->set_documents(handle);
    break;
  case node_child::shard_owner: handle = spawn<shard_owner, caf::monitored>(env_, placement_); break;
  case node_child::matching_owner:
    handle = spawn<matching_owner, caf::monitored>(env_, make_run_starter(env_));
    env_.routes->set_matching(handle);
    break;
  case node_child::visibility_writer:
    handle = detached_writer_ ? spawn<visibility_writer, caf::monitored + caf::detached>(env_, open_visibility_)
                              : spawn<visibility_writer, caf::monitored>(env_, open_visibility_);
    env_.routes->set_visibility(handle);
    break;
  case node_child::system_worker:
    if (draining_)
      return;
    CADENZA_ASSERT(worker_.to != nullptr && worker_.link && worker_.lists,
                   "the worker of the system works for an engine, at lists");
    handle = spawn<system_worker, caf::monitored>(env_, *worker_.to, worker_.link, worker_.lists);
    break;
  case node_child::cluster_owner:
    handle = spawn<cluster_owner, caf::monitored>(
        env_, [&env = env_](caf::event_based_actor& by, const std::string& cluster, int shard, int shard_count) {
          return by.spawn<replica_shard, caf::monitored>(env, cluster, shard, shard_count);
        });
    break;
  }
  children_.insert_or_assign(which, std::move(handle));
}

} // namespace cadenza::actors
