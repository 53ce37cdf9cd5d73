#pragma once

#include "bridge/net/meters.hpp"
#include "bridge/net/settings.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <sys/socket.h>

namespace cadenza::bridge::net {

/// Where a client is: an IPv6 address, or an IPv4 address as IPv6 writes it; the port does not count.
struct address {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const address&) const = default;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool local() const; ///< this machine
  /// Whom it belongs to, as far as one can tell: an IPv6 client has a whole /64 for itself.
  [[nodiscard]] address network() const;
};
[[nodiscard]] address address_of(const sockaddr_storage& from);

/// Tokens that come back with time. Not for several threads.
class bucket {
public:
  bucket(double burst, double per_second) : burst_(burst), per_second_(per_second), tokens_(burst) {}
  bool take(std::int64_t now_ns, double tokens = 1);
  void earn(double tokens) { tokens_ = tokens_ + tokens > burst_ ? burst_ : tokens_ + tokens; }
  [[nodiscard]] bool full(std::int64_t now_ns) const;

private:
  double burst_;
  double per_second_;
  double tokens_;
  std::int64_t at_ns_ = 0;
};

/// What each address has open now, so that one of them cannot take everything. Any thread.
class address_book {
public:
  struct entry {
    entry(double burst, double per_second) : connects(burst, per_second) {}
    int connections = 0; ///< these two: under the book's lock
    bucket connects;
    std::atomic<int> calls{0};
  };
  using place = std::map<address, entry>::iterator;

  explicit address_book(const settings& how) : how_(how) {}

  /// Counts a connection in; it must be counted out with `leave`. Nothing: refused, and why.
  [[nodiscard]] std::optional<place> enter(const address& from, std::int64_t now_ns, refusal& why);
  void leave(place which, std::int64_t now_ns);

private:
  void forget_quiet(std::int64_t now_ns);

  const settings& how_;
  std::mutex lock_;
  std::map<address, entry> entries_; ///< those with connections, and those that had many lately
  std::int64_t swept_ns_ = 0;
};

} // namespace cadenza::bridge::net
