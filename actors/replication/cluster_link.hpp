#pragma once

#include "actors/base/actor_context.hpp"
#include "actors/base/restart_backoff.hpp"
#include "actors/base/supervised.hpp"

#include "cadenza/record/v1/replication_message.pb.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cadenza::actors {

/// Makes the actor that takes what shard `shard` of the `shard_count` of that cluster tells of runs, monitored by `by`.
using replica_maker =
    std::function<caf::actor(caf::event_based_actor& by, const std::string& cluster, int shard, int shard_count)>;

/// The other cluster has answered, or has not.
struct cluster_greeted {
  wire::v1::GreetingAnswer answer;
  std::optional<error> failure;
};
using cluster_greeted_ptr = std::shared_ptr<cluster_greeted>;

struct greet_again {};
struct replica_again {
  int shard = 0;
};

/// Calls `add` with (path, kind, handle) of an actor of its own, for `admin actor list`.
struct show_cluster_actors {
  std::function<void(const std::string&, std::string_view, const caf::actor&)> add;
};
using show_cluster_actors_ptr = std::shared_ptr<show_cluster_actors>;
/// Kills the actor of that path; `answer` gets whether there was one.
struct kill_cluster_actor {
  std::string path;
  std::function<void(bool)> answer;
};
using kill_cluster_actor_ptr = std::shared_ptr<kill_cluster_actor>;

/// What this cluster takes from one other: greets it until it answers, and again and again from then on, so as to know
/// how many shards it has; watches over an actor for each of them. One that dies is made anew after a growing pause. A
/// cluster that is another than the configuration says, or counts versions by another increment, is told nothing and
/// asked nothing.
///
/// Death: all of them end with it; its owner makes it anew. What they had not yet applied is told again.
class cluster_link final : public supervised_actor {
public:
  cluster_link(caf::actor_config& cfg, const actor_context& env, std::string cluster, replica_maker make);

  const char* name() const override { return "cluster_link"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  struct replica {
    caf::actor actor; ///< null while it waits to be made anew
    restart_backoff backoff;
  };
  void greet();
  void greeted(const cluster_greeted& what);
  [[nodiscard]] std::string objection(const wire::v1::GreetingAnswer& answer) const;
  void take(int shard_count);
  void start(int shard);
  void end_all();
  [[nodiscard]] std::string path_of(int shard) const;
  [[nodiscard]] caf::actor me();

  const actor_context& env_;
  const std::string cluster_;
  const replica_maker make_;
  int shard_count_ = 0; ///< of the other cluster; 0: not known yet
  int failures_ = 0;    ///< to greet it, in a row
  std::string told_;    ///< what was last logged of why there is nothing to take
  std::map<int, replica> held_;
  std::unordered_map<caf::actor_addr, int> by_address_;
};

/// The path of the actor that watches over what comes from a cluster begins with this; its name follows.
inline constexpr std::string_view cluster_link_prefix = "node/cluster_owner/cluster_link:";
[[nodiscard]] std::string path_of_cluster_link(const std::string& cluster);

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::cluster_greeted_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::greet_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::replica_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::show_cluster_actors_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::kill_cluster_actor_ptr)
