#pragma once

#include "actors/base/matching_message.hpp"
#include "actors/nodes/cluster_view.hpp"
#include "actors/nodes/links.hpp"

#include <functional>

namespace cadenza::actors {

/// What matching says to other nodes goes over links, and where lists and runs are says the view of the cluster. A node
/// that is no member, or knows none, takes all lists for its own: what it does with them is settled by their range ids.
///
/// A message is told, not asked: lost with the connection, it is sent again by whoever waits for an answer. Everything
/// given must outlive it.
class matching_links final : public matching_carrier {
public:
  /// `deliver` takes what turns out to be for this node.
  matching_links(const cluster_views& views, const node_links& links,
                 std::function<void(matching_message_ptr)> deliver);

  [[nodiscard]] bool list_is_far(const storage::task_list_key& list) const override;
  [[nodiscard]] bool run_is_far(const workflow_key& workflow) const override;
  [[nodiscard]] bool takes(const storage::task_list_key& list) const override { return !list_is_far(list); }
  [[nodiscard]] list_place place_of(const storage::task_list_key& list) const override;
  void carry(matching_message_ptr message) override;

private:
  const cluster_views& views_;
  const node_links& links_;
  const std::function<void(matching_message_ptr)> deliver_;
};

/// What places a task list: all of its key.
[[nodiscard]] std::string placement_key(const storage::task_list_key& list);

} // namespace cadenza::actors
