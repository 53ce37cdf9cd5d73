#include "memory_connection.hpp"

#include "bridge/net/http1.hpp"

using namespace cadenza;

namespace {

struct echo final : bridge::net::http1_user {
  void serve(bridge::net::http1_exchange_ptr exchange) override {
    const auto& r = exchange->request();
    if (r.path != "/hang")
      exchange->answer({200, "text/plain", r.method + r.path + r.body});
  }
};

} // namespace

// A first byte that says how it is cut, then what a client sends over HTTP/1.
FUZZ_TARGET(http_connections) {
  echo user;
  bridge::net::http1_front front(user);
  fuzz::memory_connection client(front, input);
  client.play();
  client.check_nothing_is_left();
}
