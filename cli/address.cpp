#include "cli/address.hpp"

#include <algorithm>

namespace cadenza::cli {

namespace {

constexpr std::string_view this_machine = "127.0.0.1";
constexpr std::string_view grpc_port = "7833";
constexpr std::string_view http_port = "8088";

struct endpoint {
  std::string host; ///< IPv6 in brackets
  std::string port; ///< "" when not given
};

endpoint parts_of_address(std::string_view text) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos)
      return {std::string{text}, ""};
    const bool with_port = close + 1 < text.size() && text[close + 1] == ':';
    return {std::string{text.substr(0, close + 1)}, with_port ? std::string{text.substr(close + 2)} : std::string{}};
  }
  const auto colons = std::ranges::count(text, ':');
  if (colons > 1) // IPv6 without brackets cannot have a port
    return {"[" + std::string{text} + "]", ""};
  const auto colon = text.find(':');
  if (colon == std::string_view::npos)
    return {std::string{text}, ""};
  return {std::string{text.substr(0, colon)}, std::string{text.substr(colon + 1)}};
}

std::string whole_address(std::string_view text, std::string_view port) {
  auto parts = parts_of_address(text);
  if (parts.host.empty())
    parts.host = this_machine;
  if (parts.port.empty())
    parts.port = port;
  return parts.host + ":" + parts.port;
}

bool is_target(std::string_view text) {
  return text.find("://") != std::string_view::npos || text.starts_with("dns:") || text.starts_with("unix:") ||
         text.starts_with("ipv4:") || text.starts_with("ipv6:");
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

std::string grpc_address(std::string_view given) {
  return is_target(given) ? std::string{given} : whole_address(given, grpc_port);
}

std::string http_address_beside(std::string_view grpc) {
  if (is_target(grpc)) {
    // "dns:///host:port", "ipv4:host:port": what comes after the scheme names the host.
    grpc.remove_prefix(std::min(grpc.find(':') + 1, grpc.size()));
    grpc.remove_prefix(std::min(grpc.find_first_not_of('/'), grpc.size()));
  }
  const auto host = parts_of_address(grpc).host;
  return "http://" + whole_address(host, http_port);
}

std::string http_base_url(std::string_view given) {
  if (given.starts_with("http://") || given.starts_with("https://"))
    return std::string{given};
  return "http://" + whole_address(given, http_port);
}

namespace {

std::string without_tls(const std::string& address) {
  return address + " does not speak TLS; leave --tls_cert_path (CADENCE_CLI_TLS_CERT_PATH) out";
}

} // namespace

std::string unreachable_text(const std::string& address, const std::string& reason, bool tls) {
  if (has(reason, "http1.x"))
    return address + " is the HTTP port, not gRPC; the gRPC port is 7833 unless configured otherwise";
  if (has(reason, "Ssl handshake failed") || has(reason, "SSL_ERROR"))
    return has(reason, "CERTIFICATE_VERIFY_FAILED")
               ? address + " has a certificate that was not issued by an authority in the file of --tls_cert_path"
               : without_tls(address);
  if (has(reason, "Connection refused"))
    return "nothing listens on " + address +
           "; start a server with 'cadenza server start', or name one with --address HOST:PORT";
  if (has(reason, "DNS resolution failed") || has(reason, "Name or service not known") ||
      has(reason, "Domain name not found"))
    return "unknown host: " + address;
  if (has(reason, "Socket closed") || has(reason, "Connection reset"))
    return tls ? without_tls(address)
               : address + " closed the connection: it may require TLS (--tls_cert_path), or may not be a gRPC server";
  return "no answer from " + address + ": " + reason;
}

} // namespace cadenza::cli
