#include "actors/nodes/lease_watch.hpp"

#include "messages/invariant.hpp"

#include <utility>

namespace cadenza::actors {

std::vector<std::string> lease_watch::look(const std::vector<storage::node_lease>& rows, std::int64_t now) {
  std::vector<std::string> damaged;
  std::map<std::string, lease> next;
  for (const auto& row : rows) {
    auto card = decode_card(row.node, row.value);
    if (!card) {
      damaged.push_back(row.node);
      continue;
    }
    lease seen{*std::move(card), row.version, row.expires_ns, now, now};
    const auto known = leases_.find(row.node);
    const bool same = known != leases_.end() && known->second.version == row.version &&
                      known->second.expires_ns == row.expires_ns &&
                      known->second.card.incarnation == seen.card.incarnation;
    if (same)
      seen.first_tick = known->second.first_tick;
    CADENZA_ASSERT(seen.first_tick <= seen.latest_tick, "a lease is not seen before it was first seen");
    next.emplace(row.node, std::move(seen));
  }
  leases_ = std::move(next);
  return damaged;
}

const lease_watch::lease* lease_watch::find(const std::string& node) const {
  const auto i = leases_.find(node);
  return i == leases_.end() ? nullptr : &i->second;
}

} // namespace cadenza::actors
