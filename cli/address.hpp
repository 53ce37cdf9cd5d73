#pragma once

#include <string>
#include <string_view>

namespace cadenza::cli {

/// Where the gRPC contract is asked for, from what --address says: "" is this machine, a host alone means port 7833,
/// an address of IPv6 may stand without brackets. Targets of gRPC such as "dns:///host:7833" are left alone.
[[nodiscard]] std::string grpc_address(std::string_view given);

/// The base URL of the HTTP side on the host of a gRPC address, at its usual port.
[[nodiscard]] std::string http_address_beside(std::string_view grpc);

/// The base URL that --http_address means: the same rules with port 8088, and "http://" in front.
[[nodiscard]] std::string http_base_url(std::string_view given);

/// What to tell when no answer came over gRPC: the transport's own words turned into what is wrong and what to do.
[[nodiscard]] std::string unreachable_text(const std::string& address, const std::string& reason, bool tls);

} // namespace cadenza::cli
