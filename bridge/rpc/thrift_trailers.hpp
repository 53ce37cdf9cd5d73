#pragma once

#include "bridge/rpc/inbound_call.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace cadenza::bridge {

/// Name and value, which is clean of what no header may hold.
struct header_text {
  std::string_view name;
  std::string value;
};

/// Of an exception's text in a header: the answer has it whole.
inline constexpr std::size_t exception_text_bytes_max = 512;

/// The header in which YARPC names the service that is called, and is told which one has answered.
inline constexpr std::string_view service_header = "rpc-service";

/// What tells YARPC's clients over gRPC that an answer is an exception.
[[nodiscard]] std::vector<header_text> thrift_trailers(const thrift_failure& of);

/// A text as a header may hold it; long ones are cut.
[[nodiscard]] std::string as_header(std::string_view text);

} // namespace cadenza::bridge
