#pragma once

#include "actors/base/other_nodes.hpp"
#include "actors/nodes/cluster_view.hpp"
#include "actors/nodes/links.hpp"

#include <functional>

namespace cadenza::actors {

/// The other nodes as the view of the cluster has them; what is said to them goes over links. As long as nobody is
/// known to have a list it is nowhere, and not here either: who begins must not take what others have. What is for it
/// is asked again when there is another view.
///
/// A message is told, not asked: lost with the connection, it is sent again by whoever waits for an answer. One to a
/// run whose shard nobody has is lost, too. Everything given must outlive it.
class linked_nodes final : public other_nodes {
public:
  /// `deliver` takes what turns out to be for this node.
  linked_nodes(const cluster_views& views, const node_links& links, std::function<void(matching_message_ptr)> deliver);

  [[nodiscard]] bool any() const override { return true; }
  [[nodiscard]] bool list_is_far(const storage::task_list_key& list) const override;
  [[nodiscard]] bool run_is_far(const workflow_key& workflow) const override;
  [[nodiscard]] bool takes(const storage::task_list_key& list) const override { return !list_is_far(list); }
  [[nodiscard]] list_place place_of(const storage::task_list_key& list) const override;
  void carry(matching_message_ptr message) override;
  [[nodiscard]] bool carried(const run_message_ptr& message) override;
  void tell(cluster_news what) override;

private:
  const cluster_views& views_;
  const node_links& links_;
  const std::function<void(matching_message_ptr)> deliver_;
};

/// What places a task list: all of its key.
[[nodiscard]] std::string placement_key(const storage::task_list_key& list);

} // namespace cadenza::actors
