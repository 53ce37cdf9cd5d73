#pragma once

#include "actors/nodes/node_card.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cadenza::actors {

/// The leases that are stored, and which of them nobody renews. A lease counts as long as its row is there. It has run
/// out, and may be dropped, when this node has seen it unchanged for as long as it says. That is measured in ticks of
/// this node, each of which takes `tick_ns` or more: no clock is looked at, so none can be wrong, and while this
/// process stands still nothing runs out.
class lease_watch {
public:
  explicit lease_watch(std::int64_t tick_ns) : tick_ns_(tick_ns) {}

  struct lease {
    node_card card;
    std::int64_t version = 0;
    std::int64_t expires_ns = 0;  ///< by its owner's clock
    std::int64_t first_tick = 0;  ///< seen so since then
    std::int64_t latest_tick = 0; ///< and at that one
  };

  /// Takes all leases as they have just been read, at tick `now`. Rows that are no cards are left out, and told by
  /// name.
  [[nodiscard]] std::vector<std::string> look(const std::vector<storage::node_lease>& rows, std::int64_t now);

  [[nodiscard]] bool run_out(const lease& which) const {
    return (which.latest_tick - which.first_tick - 1) * tick_ns_ >= which.card.lease_ns;
  }
  [[nodiscard]] const std::map<std::string, lease>& leases() const { return leases_; }
  [[nodiscard]] const lease* find(const std::string& node) const;
  void forget(const std::string& node) { leases_.erase(node); }

private:
  const std::int64_t tick_ns_;
  std::map<std::string, lease> leases_;
};

/// This node's own lease. It ends for this node `margin_ns` before anybody else may take it for run out: they begin to
/// wait when they first see a renewal, which is after this node has sent it.
class own_lease {
public:
  own_lease(std::int64_t lease_ns, std::int64_t margin_ns) : life_ns_(lease_ns - margin_ns) {}

  /// A renewal was sent at `sent_ns`, and is known to be stored. `ticks`: how many ticks came since it was sent.
  void renewed(std::int64_t sent_ns, std::int64_t ticks) {
    sent_ns_ = sent_ns;
    ticks_ = ticks;
    held_ = true;
  }
  void lost() { held_ = false; }
  /// At least `tick_ns` of time went by. A clock that was set back must not make the lease longer.
  void tick() { ++ticks_; }
  [[nodiscard]] bool holds(std::int64_t now_ns, std::int64_t tick_ns) const {
    return held_ && now_ns - sent_ns_ < life_ns_ && ticks_ * tick_ns < life_ns_;
  }

private:
  const std::int64_t life_ns_;
  std::int64_t sent_ns_ = 0;
  std::int64_t ticks_ = 0;
  bool held_ = false;
};

} // namespace cadenza::actors
