#include "replication/clusters.hpp"

#include "messages/constants.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace cadenza::replication {

outcome<cluster_group> cluster_group::make(std::int64_t increment, std::vector<cluster> clusters, std::string self) {
  if (increment <= 0)
    return bad_request("failoverVersionIncrement must be positive.");
  std::set<std::string> names;
  std::set<std::int64_t> versions;
  for (const auto& c : clusters) {
    if (c.name.empty() || !names.insert(c.name).second)
      return bad_request("A cluster group has one cluster of each name: " + c.name);
    for (const auto version : {std::optional(c.initial_version), c.new_initial_version}) {
      if (!version)
        continue;
      if (*version < 0 || *version >= increment)
        return bad_request("The initial failover version of " + c.name +
                           " is not below the increment: " + std::to_string(*version));
      if (!versions.insert(*version).second)
        return bad_request("Two clusters have the initial failover version " + std::to_string(*version) + ".");
    }
  }
  if (!names.contains(self))
    return bad_request("The current cluster is not in its own group: " + self);
  cluster_group out;
  out.increment_ = increment;
  out.clusters_ = std::move(clusters);
  out.self_ = std::move(self);
  return out;
}

const cluster* cluster_group::owner(std::int64_t version) const {
  if (version < 0)
    return nullptr;
  const auto rest = version % increment_;
  const auto i = std::find_if(clusters_.begin(), clusters_.end(), [&](const cluster& c) {
    return c.initial_version == rest || c.new_initial_version == std::optional(rest);
  });
  return i == clusters_.end() ? nullptr : &*i;
}

outcome<std::string> cluster_group::cluster_of(std::int64_t version) const {
  if (version == local_version)
    return self_;
  if (const auto* found = owner(version))
    return found->name;
  return bad_request("No cluster of this group writes version " + std::to_string(version) + ".");
}

bool cluster_group::mine(std::int64_t version) const {
  const auto name = cluster_of(version);
  return name && *name == self_;
}

bool cluster_group::same_cluster(std::int64_t a, std::int64_t b) const {
  const auto left = cluster_of(a);
  const auto right = cluster_of(b);
  return left && right && *left == *right;
}

outcome<std::int64_t> cluster_group::next(const std::string& target, std::int64_t now) const {
  const auto i = std::find_if(clusters_.begin(), clusters_.end(), [&](const cluster& c) { return c.name == target; });
  if (i == clusters_.end())
    return bad_request("Invalid cluster name: " + target);
  if (now < 0)
    return bad_request("A domain that fails over has a version: " + std::to_string(now));
  if (const auto* writer = owner(now); writer != nullptr && writer->name == target)
    return now;
  const auto candidate = now / increment_ * increment_ + i->initial_version;
  return candidate < now ? candidate + increment_ : candidate;
}

} // namespace cadenza::replication
