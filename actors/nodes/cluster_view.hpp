#pragma once

#include "actors/nodes/node_card.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza::actors {

/// Who belongs to the cluster, as one node knows it, and where everything is placed by that. Immutable; two nodes that
/// know the same members place everything alike.
///
/// Shards and task lists go to the node that scores highest for them (rendezvous hashing), among those that have the
/// role and do not drain; when all that have it drain, among these. No node gets more than its even share of the
/// shards, rounded up: what does not fit goes to the node that scores next.
class cluster_view {
public:
  /// `members`: in any order, each name once. `self` names this node, which need not be a member.
  cluster_view(std::uint64_t epoch, std::string self, std::vector<node_card> members, int shard_count);

  /// Goes up by one with each view that this node publishes.
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  /// Equal on nodes that know the same members: names, incarnations, roles, addresses and who drains.
  [[nodiscard]] std::uint64_t fingerprint() const { return fingerprint_; }
  [[nodiscard]] const std::vector<node_card>& members() const { return members_; } ///< by name
  [[nodiscard]] const std::string& self() const { return self_; }
  /// This node is a member: it may hold what is placed on it.
  [[nodiscard]] bool self_belongs() const { return find(self_) != nullptr; }
  [[nodiscard]] const node_card* find(std::string_view name) const;
  [[nodiscard]] int shard_count() const { return static_cast<int>(shards_.size()); }

  /// The member that holds a history shard; null when no member has the role.
  [[nodiscard]] const node_card* owner_of_shard(int shard) const;
  /// The member that holds a task list; null when no member has the role. `key` names domain, list, partition and kind.
  [[nodiscard]] const node_card* owner_of_list(std::string_view key) const;
  /// The member that does what one node does for all; null when no member has the role.
  [[nodiscard]] const node_card* owner_of_duty(node_role role, std::string_view duty) const;

  [[nodiscard]] bool shard_is_here(int shard) const;
  /// How many history shards each member holds, by its name; 0 for those that hold none.
  [[nodiscard]] std::map<std::string, int> shares() const;

private:
  [[nodiscard]] std::vector<int> eligible(node_role role) const;
  [[nodiscard]] const node_card* best_of(const std::vector<int>& nodes, std::string_view key) const;
  void place_shards();

  const std::uint64_t epoch_;
  const std::string self_;
  std::vector<node_card> members_;
  std::vector<std::uint64_t> seeds_; ///< of the members' names
  std::vector<int> shards_;          ///< index of the member; -1: nobody
  std::vector<int> matching_;        ///< indices of those that may hold task lists
  std::uint64_t fingerprint_ = 0;
};

using cluster_view_ptr = std::shared_ptr<const cluster_view>;

/// The view in force, for any thread.
class cluster_views {
public:
  /// Until the first view there are no members.
  cluster_views(std::string self, int shard_count)
    : view_(std::make_shared<const cluster_view>(0, std::move(self), std::vector<node_card>(), shard_count)) {}

  [[nodiscard]] cluster_view_ptr get() const { return view_.load(); } ///< never null
  void publish(cluster_view_ptr next) { view_.store(std::move(next)); }

private:
  std::atomic<cluster_view_ptr> view_;
};

} // namespace cadenza::actors
