#pragma once

#include "actors/base/call.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace cadenza::replication {
class cluster_group;
}

namespace cadenza::actors {

/// What clusters ask each other: the numbers stay. Each is a message of wire.v1 (replication_message.proto).
namespace cluster_kind {
inline constexpr std::uint32_t greeting = 20; ///< GreetingRequest → GreetingAnswer
inline constexpr std::uint32_t feed = 21;     ///< FeedRequest → FeedPage; waits
inline constexpr std::uint32_t events = 22;   ///< EventsRequest → EventsPage
inline constexpr std::uint32_t signals = 23;  ///< SignalsRequest → SignalsAnswer
inline constexpr std::uint32_t domains = 24;  ///< DomainsRequest → DomainsPage; waits
} // namespace cluster_kind

/// Carries out a request of another cluster, on some thread, and must not wait. `call` is never null: it is answered
/// once, and says UNAVAILABLE by itself when it is dropped.
using cluster_handler =
    std::function<void(const std::string& from, std::uint32_t kind, std::string bytes, call_ptr call)>;

/// The other clusters of the group, as this one reaches them. As it stands it is that of a cluster alone. Thread-safe.
class other_clusters {
public:
  virtual ~other_clusters() = default;
  /// Whether there are any. Without them nothing is replicated, every domain is active here, and what has to do with
  /// several clusters costs nothing.
  [[nodiscard]] virtual bool any() const { return false; }
  /// This cluster and the others.
  [[nodiscard]] virtual const replication::cluster_group& group() const;
  /// Asks another cluster; its answer is the bytes of the answer message. UNAVAILABLE at once when it is not reached.
  /// `waits`: the answer may take long.
  virtual void ask(const std::string& cluster, std::uint32_t kind, std::string bytes, bool waits, call_ptr call);

  /// Those of a cluster alone.
  [[nodiscard]] static other_clusters& none();
};

} // namespace cadenza::actors
