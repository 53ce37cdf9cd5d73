#include "call_world.hpp"

#include "tests/unit/net/raw_client.hpp"

using namespace cadenza;

// Headers of one gRPC request as lines "name: value"; an empty line; the message.
FUZZ_TARGET(grpc_headers) {
  using tests::raw_client;
  static fuzz::call_world w;
  tests::fields headers;
  while (!input.empty()) {
    const auto line = fuzz::take_line(input);
    if (line.empty())
      break;
    const auto colon = line.find(": ");
    if (colon != std::string_view::npos)
      headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  auto block = raw_client::block(headers);
  std::string all =
      std::string(1, '\x0f') + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + raw_client::make(raw_client::settings, 0, 0);
  constexpr std::size_t frame_bytes_max = 16'000;
  bool first = true;
  do {
    const auto part = block.substr(0, frame_bytes_max);
    block.erase(0, part.size());
    all += raw_client::make(first ? raw_client::headers : raw_client::continuation, block.empty() ? 4 : 0, 1, part);
    first = false;
  } while (!block.empty());
  (void)w.play_grpc(all + raw_client::message(1, std::string(input)));
}
