#include "call_world.hpp"

#include "tests/unit/bridge/tchannel_client.hpp"
#include "tests/unit/net/raw_client.hpp"

using namespace cadenza;

namespace {

using tests::raw_client;
using tests::tchannel_client;

/// gRPC's path of a procedure: "WorkflowService::StartWorkflowExecution".
std::string path_of(std::string_view procedure) {
  std::string out = "/" + std::string(procedure);
  if (const auto at = out.find("::"); at != std::string::npos)
    out.replace(at, 2, "/");
  return out;
}

/// How it is cut, and that answers are taken.
std::string first_byte(std::size_t part) { return std::string(1, static_cast<char>(part & 15)); }

std::vector<std::string> over_grpc(fuzz::call_world& w, std::string_view procedure, const std::string& body,
                                   std::size_t part) {
  const tests::fields more{{"rpc-encoding", "thrift"}, {"rpc-caller", "a caller"}, {"grpc-timeout", "20S"}};
  return w.play_grpc(first_byte(part) + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
                     raw_client::make(raw_client::settings, 0, 0) +
                     raw_client::request(1, raw_client::grpc(path_of(procedure), more)) + raw_client::message(1, body));
}

std::vector<std::string> over_tchannel(fuzz::call_world& w, std::string_view procedure, const std::string& body,
                                       std::size_t part) {
  tchannel_client::call what;
  what.method = procedure;
  what.body = body;
  what.headers = {{"rpc-caller", "a caller"}};
  what.frame_bytes_max = part < 8 ? bridge::tchannel::frame_bytes_max : 256 * part;
  return w.play_tchannel(first_byte(part) + tchannel_client::init() + tchannel_client::bytes(2, what));
}

} // namespace

// A byte that says how it is cut, the name of a procedure, a line; then the body of its call in Thrift. Whether it
// comes over gRPC or over TChannel, the engine is asked for the same.
FUZZ_TARGET(thrift_bodies) {
  static fuzz::call_world w;
  const auto part = input.empty() ? 0U : static_cast<unsigned char>(input.front()) % 16U;
  input.remove_prefix(input.empty() ? 0 : 1);
  const auto procedure = fuzz::take_line(input).substr(0, 200);
  constexpr std::size_t header_safe_min = 0x21;
  for (const char c : procedure)
    if (static_cast<unsigned char>(c) < header_safe_min || static_cast<unsigned char>(c) > 0x7e)
      return;                                       // that is no path
  const std::string body(input.substr(0, 200'000)); // more would be read on another thread
  REQUIRE(over_grpc(w, procedure, body, part) == over_tchannel(w, procedure, body, part));
}
