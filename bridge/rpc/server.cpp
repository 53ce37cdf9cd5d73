#include "bridge/rpc/server.hpp"

#include "bridge/rpc/wire_server.hpp"

namespace cadenza::bridge {

struct rpc_server::state {
  state(rpc_context& s, health_board& h, metrics::registry& r) : calls(s, h, r), registry(r) {}

  call_core calls;
  metrics::registry& registry;
  std::unique_ptr<wire_server> wire; ///< null until it is started
  int tchannel_port = 0;
};

rpc_server::rpc_server(rpc_context& context, health_board& health, metrics::registry& registry)
  : state_(std::make_unique<state>(context, health, registry)) {}

rpc_server::~rpc_server() { stop(); }

outcome<int> rpc_server::start(const rpc_options& options) {
  auto wire = std::make_unique<wire_server>(state_->calls, options.network, state_->registry);
  wire_ports wanted;
  wanted.grpc = options.port;
  if (options.tchannel_port >= 0)
    wanted.tchannel = options.tchannel_port;
  const auto ports = wire->start(options.host, wanted);
  if (!ports)
    return ports.error();
  state_->wire = std::move(wire);
  state_->tchannel_port = ports->tchannel.value_or(0);
  return ports->grpc.value_or(0);
}

int rpc_server::tchannel_port() const { return state_->tchannel_port; }

void rpc_server::drain() {
  auto& calls = state_->calls;
  calls.health.set(health_state::shutting_down);
  calls.context.drain();
  calls.hanging.expire_all();
  calls.asking.refuse_all(server_stopping());
}

void rpc_server::stop(std::chrono::milliseconds grace) {
  if (state_->wire)
    state_->wire->stop(grace);
}

} // namespace cadenza::bridge
