#include "call_world.hpp"

#include "tests/unit/bridge/tchannel_client.hpp"

using namespace cadenza;

// A first byte that says how it is cut and whether an init request goes first, then what a client sends over TChannel.
FUZZ_TARGET(tchannel_connections) {
  static fuzz::call_world w;
  const std::string first = input.empty() ? std::string(1, '\0') : std::string(input.substr(0, 1));
  const bool greets = (first.front() & 32) == 0;
  (void)w.play_tchannel(first + (greets ? tests::tchannel_client::init() : std::string()) +
                        std::string(input.empty() ? input : input.substr(1)));
}
