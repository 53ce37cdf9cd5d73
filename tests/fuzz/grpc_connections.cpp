#include "memory_connection.hpp"

#include "bridge/rpc/grpc_front.hpp"
#include "tests/unit/bridge/fake_engine.hpp"

using namespace cadenza;

namespace {

/// Everything behind the connection, with an engine that answers at once; made once.
struct world {
  world() { engine.add_domain("orders"); }
  tests::fake_engine engine;
  bridge::health_board health;
  metrics::registry registry;
  bridge::rpc_context context{engine, health, bridge::default_validators(), {}, nullptr};
  bridge::call_core calls{context, health, registry};
};

} // namespace

// A first byte that says how it is cut, then what a client sends after HTTP/2's preface and its SETTINGS.
FUZZ_TARGET(grpc_connections) {
  static world w;
  w.engine.react([](tests::seen_request seen) { seen.call->reply_bytes({}); });
  const std::string first = input.empty() ? std::string(1, '\0') : std::string(input.substr(0, 1));
  const std::string all = first + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9) +
                          std::string(input.empty() ? input : input.substr(1));
  auto heavy = std::make_unique<bridge::net::worker>("fuzz", 1, 0);
  bridge::grpc_shared shared{w.calls, *heavy, fuzz::memory_connection::bounds().message_bytes_max};
  bridge::grpc_front grpc(shared);
  bridge::net::h2_front front(grpc);
  fuzz::memory_connection client(front, all);
  client.play();
  heavy.reset(); // what it has begun ends
  client.check_nothing_is_left();
}
