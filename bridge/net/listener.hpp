#pragma once

#include "bridge/net/addresses.hpp"
#include "bridge/net/loop.hpp"
#include "bridge/net/meters.hpp"
#include "messages/outcome.hpp"

#include <functional>
#include <string>
#include <vector>

namespace cadenza::bridge::net {

/// The sockets of a host and a port; a name may have several addresses. Fails when one cannot be bound. `port` 0: any
/// free one, the same for all; gives it.
[[nodiscard]] outcome<std::vector<int>> bind_all(const std::string& host, int& port);

/// Takes connections from one listening socket.
///
/// When descriptors run out it goes on as soon as there are some again: one is kept in reserve to tell those who come
/// meanwhile, by closing their connection, instead of letting them wait. The last descriptors of the process are not
/// for connections: the store needs files.
/// Threads: belongs to a loop.
class listener final : public watched, private timer {
public:
  /// What becomes of a connection's descriptor.
  using taker = std::function<void(int descriptor, const address& from)>;

  /// Takes `descriptor` over.
  listener(loop& on, int descriptor, meters& counts, taker take);
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  [[nodiscard]] bool begin();
  /// Takes no further connection; the port is free again. Under the loop's turn, as `begin`.
  void close();

  void on_events(std::uint32_t events) override;

private:
  void on_timer(std::int64_t now_ns) override;
  void out_of_descriptors();

  loop& loop_;
  int descriptor_;
  int spare_;
  const int reserved_from_; ///< descriptors from this number on are not for connections
  meters& counts_;
  const taker take_;
};

} // namespace cadenza::bridge::net
