#include "bridge/net/addresses.hpp"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace cadenza::bridge::net {

namespace {
constexpr std::int64_t sweep_ns = 10'000'000'000;
constexpr std::array<std::uint8_t, 12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_v4(const address& a) { return std::equal(v4_prefix.begin(), v4_prefix.end(), a.bytes.begin()); }
} // namespace

address address_of(const sockaddr_storage& from) {
  address out;
  if (from.ss_family == AF_INET6) {
    std::memcpy(out.bytes.data(), &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, 16);
  } else if (from.ss_family == AF_INET) {
    std::copy(v4_prefix.begin(), v4_prefix.end(), out.bytes.begin());
    std::memcpy(out.bytes.data() + v4_prefix.size(), &reinterpret_cast<const sockaddr_in&>(from).sin_addr, 4);
  }
  return out;
}

std::string address::text() const {
  char out[INET6_ADDRSTRLEN] = {};
  if (is_v4(*this))
    inet_ntop(AF_INET, bytes.data() + v4_prefix.size(), out, sizeof out);
  else
    inet_ntop(AF_INET6, bytes.data(), out, sizeof out);
  return out;
}

address address::network() const {
  address out = *this;
  if (!is_v4(*this) && !local())
    std::fill(out.bytes.begin() + 8, out.bytes.end(), std::uint8_t{0});
  return out;
}

bool address::local() const {
  if (is_v4(*this))
    return bytes[v4_prefix.size()] == 127;
  return std::all_of(bytes.begin(), bytes.end() - 1, [](auto b) { return b == 0; }) && bytes[15] == 1;
}

bool bucket::take(std::int64_t now_ns, double tokens) {
  if (at_ns_ != 0 && now_ns > at_ns_)
    tokens_ = std::min(burst_, tokens_ + per_second_ * 1e-9 * static_cast<double>(now_ns - at_ns_));
  at_ns_ = now_ns;
  if (tokens_ < tokens)
    return false;
  tokens_ -= tokens;
  return true;
}

bool bucket::full(std::int64_t now_ns) const {
  return tokens_ + per_second_ * 1e-9 * static_cast<double>(now_ns - at_ns_) >= burst_;
}

std::optional<address_book::place> address_book::enter(const address& from, std::int64_t now_ns, refusal& why) {
  const std::lock_guard guard(lock_);
  if (now_ns - swept_ns_ > sweep_ns)
    forget_quiet(now_ns);
  const auto at =
      entries_.try_emplace(from.network(), how_.connections_per_address_max, how_.connects_per_address).first;
  why = refusal::address_connections;
  if (at->second.connections >= how_.connections_per_address_max)
    return std::nullopt;
  why = refusal::address_connects;
  if (!at->second.connects.take(now_ns))
    return std::nullopt;
  ++at->second.connections;
  return at;
}

void address_book::leave(place which, std::int64_t now_ns) {
  const std::lock_guard guard(lock_);
  if (--which->second.connections == 0 && which->second.connects.full(now_ns))
    entries_.erase(which);
}

void address_book::forget_quiet(std::int64_t now_ns) {
  swept_ns_ = now_ns;
  std::erase_if(entries_,
                [now_ns](const auto& at) { return at.second.connections == 0 && at.second.connects.full(now_ns); });
}

} // namespace cadenza::bridge::net
