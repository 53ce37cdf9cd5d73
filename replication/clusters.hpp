#pragma once

#include "messages/outcome.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cadenza::replication {

/// A cluster as the others of its group know it.
struct cluster {
  std::string name;
  std::int64_t initial_version = 0;                ///< 0 ≤ initial_version < increment; no other cluster has it
  std::optional<std::int64_t> new_initial_version; ///< while a group moves to other initial versions: stands for it too
};

/// The arithmetic of versions: who wrote an event, and which version a fail-over gives. Immutable; any thread.
class cluster_group {
public:
  /// bad_request: no cluster, a name or an initial version twice or out of range, `self` not among them.
  [[nodiscard]] static outcome<cluster_group> make(std::int64_t increment, std::vector<cluster> clusters,
                                                   std::string self);

  [[nodiscard]] const std::string& self() const { return self_; }
  [[nodiscard]] std::int64_t increment() const { return increment_; }
  [[nodiscard]] const std::vector<cluster>& clusters() const { return clusters_; }

  /// Name of the cluster that writes events of a version. The version of local domains is this cluster's.
  /// bad_request when it is nobody's.
  [[nodiscard]] outcome<std::string> cluster_of(std::int64_t version) const;
  /// This cluster writes events of the version. False for versions that are nobody's.
  [[nodiscard]] bool mine(std::int64_t version) const;
  /// One cluster writes both. False when either is nobody's.
  [[nodiscard]] bool same_cluster(std::int64_t a, std::int64_t b) const;

  /// The smallest version of `target` that is not below `now`; `now` itself when it is the target's already. A domain
  /// is registered with `next(cluster, 0)`. bad_request: no such cluster, or `now` is negative.
  [[nodiscard]] outcome<std::int64_t> next(const std::string& target, std::int64_t now) const;

private:
  cluster_group() = default;
  [[nodiscard]] const cluster* owner(std::int64_t version) const;

  std::int64_t increment_ = 0;
  std::vector<cluster> clusters_;
  std::string self_;
};

} // namespace cadenza::replication
