#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/restart_backoff.hpp"
#include "actors/base/supervised.hpp"
#include "actors/shards/shard_owner.hpp"
#include "actors/system/system_worker.hpp"
#include "actors/visibility/visibility_writer.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cadenza::actors {

/// Actors the node itself watches over.
enum class node_child {
  domain_registry,
  document_keeper,
  shard_owner,
  matching_owner,
  visibility_writer,
  system_worker,
  cluster_owner
};

struct start_child {
  node_child which = node_child::domain_registry;
};
/// The domains have been read for the first time: runs may be loaded now.
struct domains_ready {};
/// The worker of the system takes nothing new from here on.
struct drain_node {};
/// Kills a child; `answer` gets whether it was alive.
struct kill_child {
  node_child which = node_child::domain_registry;
  std::function<void(bool)> answer;
};
using kill_child_ptr = std::shared_ptr<kill_child>;

/// Tells which children live: their names, as in their paths, and handles.
struct children_query {
  std::function<void(std::vector<std::pair<std::string, caf::actor>>)> answer;
};
/// Runs `what` after a while.
struct run_later {
  std::int64_t delay_ns = 0;
  std::function<void()> what;
};
using run_later_ptr = std::shared_ptr<run_later>;

/// What the worker of the system works with. Null: there is none.
struct worker_tools {
  engine* to = nullptr;
  std::shared_ptr<engine_link> link;
  std::shared_ptr<const std::vector<system_list>> lists;
};

/// "domain_registry" and so on: the last part of the path of a child, and its kind.
[[nodiscard]] std::string_view name_of(node_child which);

/// The root of the actor tree: starts the others in their order and makes those anew that die.
class node final : public supervised_actor {
public:
  /// `detached_writer` false: the visibility writer shares the scheduler (simulation). `placement` says which shards
  /// are here; null: all.
  node(caf::actor_config& cfg, const actor_context& env, visibility_opener open_visibility, bool detached_writer,
       std::function<void()> ready, worker_tools worker = {}, const cluster_views* placement = nullptr);

  const char* name() const override { return "node"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  void start(node_child which);

  const actor_context& env_;
  visibility_opener open_visibility_;
  const bool detached_writer_;
  std::function<void()> ready_;
  const worker_tools worker_;
  const cluster_views* const placement_;
  bool draining_ = false;
  std::map<node_child, caf::actor> children_;
  std::map<node_child, restart_backoff> backoff_;
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::start_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::domains_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::drain_node)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::kill_child_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::children_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::run_later_ptr)
