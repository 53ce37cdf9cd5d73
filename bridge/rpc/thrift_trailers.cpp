#include "bridge/rpc/thrift_trailers.hpp"

#include <algorithm>

namespace cadenza::bridge {

std::string as_header(std::string_view text) {
  std::string out(text.substr(0, exception_text_bytes_max));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return out;
}

std::vector<header_text> thrift_trailers(const thrift_failure& of) {
  // What the exception says is in the body: a stream takes no more than four trailers.
  return {{"rpc-application-error", "error"}, {"rpc-application-error-name", as_header(of.name)}};
}

} // namespace cadenza::bridge
