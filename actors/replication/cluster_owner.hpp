#pragma once

#include "actors/replication/cluster_link.hpp"

namespace cadenza::actors {

struct start_cluster {
  std::string name;
};

/// Watches over what comes from the other clusters of the group: one `cluster_link` for each, made anew when it dies.
///
/// Death: all of them end with it; the node makes it anew.
class cluster_owner final : public supervised_actor {
public:
  cluster_owner(caf::actor_config& cfg, const actor_context& env, replica_maker make);

  const char* name() const override { return "cluster_owner"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  struct held {
    caf::actor link; ///< null while it waits to be made anew
    restart_backoff backoff;
  };
  void start(const std::string& name);

  const actor_context& env_;
  const replica_maker make_;
  std::map<std::string, held> links_;
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::start_cluster)
