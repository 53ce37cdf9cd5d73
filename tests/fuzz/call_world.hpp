#pragma once

#include "memory_connection.hpp"

#include "bridge/rpc/grpc_front.hpp"
#include "bridge/rpc/tchannel_session.hpp"
#include "tests/unit/bridge/fake_engine.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace cadenza::fuzz {

/// Everything behind a connection, with an engine that answers at once. Made once for all inputs of a target.
class call_world {
public:
  call_world() {
    engine_.add_domain("orders");
    engine_.react([this](tests::seen_request seen) {
      {
        const std::lock_guard guard(lock_);
        asked_.push_back(seen.function + ' ' + (seen.request ? seen.request->ShortDebugString() : std::string()));
      }
      seen.call->reply_bytes({});
    });
  }

  /// What a client sends, after a byte that says how it is cut (see `memory_connection`); what the engine was asked
  /// for.
  std::vector<std::string> play_grpc(std::string_view input) {
    auto heavy = std::make_unique<net::worker>("fuzz", 1, 0);
    bridge::grpc_shared shared{calls_, *heavy, memory_connection::bounds().message_bytes_max};
    bridge::grpc_front grpc(shared);
    net::h2_front front(grpc);
    return play(front, input, heavy);
  }
  std::vector<std::string> play_tchannel(std::string_view input) {
    auto heavy = std::make_unique<net::worker>("fuzz", 1, 0);
    bridge::tchannel_shared shared{calls_, *heavy, "127.0.0.1:7933"};
    bridge::tchannel_front front(shared);
    return play(front, input, heavy);
  }

private:
  std::vector<std::string> play(net::front& front, std::string_view input, std::unique_ptr<net::worker>& heavy) {
    memory_connection client(front, input);
    client.play();
    heavy.reset(); // what it has begun ends
    client.check_nothing_is_left();
    return std::exchange(asked_, {});
  }

  tests::fake_engine engine_;
  bridge::health_board health_;
  metrics::registry registry_;
  bridge::rpc_context context_{engine_, health_, bridge::default_validators(), {}, nullptr};
  bridge::call_core calls_{context_, health_, registry_};
  std::mutex lock_;
  std::vector<std::string> asked_;
};

} // namespace cadenza::fuzz
