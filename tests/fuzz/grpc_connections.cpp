#include "call_world.hpp"

using namespace cadenza;

// A first byte that says how it is cut, then what a client sends after HTTP/2's preface and its SETTINGS.
FUZZ_TARGET(grpc_connections) {
  static fuzz::call_world w;
  const std::string first = input.empty() ? std::string(1, '\0') : std::string(input.substr(0, 1));
  (void)w.play_grpc(first + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9) +
                    std::string(input.empty() ? input : input.substr(1)));
}
