#pragma once

#include "actors/base/restart_backoff.hpp"
#include "actors/nodes/cluster_view.hpp"
#include "actors/nodes/peer_link.hpp"

#include <map>
#include <string>
#include <unordered_map>

namespace cadenza::actors {

/// Keeps a link to every other member of the cluster, and the hall where theirs come in; publishes the links.
///
/// Mail: `cluster_view_ptr`, whenever there is another one.
///
/// Death: links and hall end with it, what waits for answers is told UNAVAILABLE; made anew it goes by the view in
/// force.
class link_keeper final : public supervised_actor {
public:
  /// `hall` is told each time there is another hall, to be published at the node's port; any thread.
  link_keeper(caf::actor_config& cfg, const actor_context& env, const link_options& options, link_transport& transport,
              const cluster_views& views, node_links& links, std::function<void(caf::actor)> hall);

  const char* name() const override { return "link_keeper"; }
  void on_exit() override;

protected:
  caf::behavior make_behavior() override;

private:
  struct held {
    link_target target;
    caf::actor link; ///< null while it waits to be made anew
    restart_backoff backoff;
  };
  void follow(const cluster_view& view);
  void start(const std::string& node);
  void start_hall();
  void publish();

  const actor_context& env_;
  const link_options& options_;
  link_transport& transport_;
  const cluster_views& views_;
  node_links& links_;
  const std::function<void(caf::actor)> hall_;
  caf::actor hall_actor_;
  restart_backoff hall_backoff_;
  std::map<std::string, held> held_;
  std::unordered_map<caf::actor_addr, std::string> by_address_;
};

/// The keeper makes the link to this node, or with "" the hall, anew.
struct link_again {
  std::string node;
};

} // namespace cadenza::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::cluster_view_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cadenza::actors::link_again)
