#pragma once

#include "config/scalar.hpp"

#include <string>

namespace cadenza::config {

struct host_port {
  std::string host; ///< as it was written: an IPv6 address has its brackets
  int port = 0;
};

/// Of an address that was checked (`is_host_port`).
[[nodiscard]] inline host_port parts_of(const std::string& address) {
  const auto colon = address.rfind(':');
  return {address.substr(0, colon), static_cast<int>(parse_int(address.substr(colon + 1)).value_or(0))};
}

/// A socket takes an IPv6 address as it is.
[[nodiscard]] inline std::string without_brackets(std::string host) {
  if (host.size() > 2 && host.front() == '[')
    host = host.substr(1, host.size() - 2);
  return host;
}

} // namespace cadenza::config
