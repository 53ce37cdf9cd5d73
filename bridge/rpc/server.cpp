#include "bridge/rpc/server.hpp"

#include "bridge/rpc/acceptor.hpp"
#include "bridge/rpc/rpc.hpp"
#include "bridge/rpc/wire_server.hpp"

#include <absl/synchronization/mutex.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_posix.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace cadenza::bridge {

namespace {

int queues_of(const rpc_options& options) {
  return options.queues > 0 ? options.queues : std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / 2);
}

void configure(grpc::ServerBuilder& builder, const rpc_options& options) {
  builder.SetMaxReceiveMessageSize(options.message_bytes_max);
  builder.SetMaxSendMessageSize(options.message_bytes_max);
  // The size of a message is looked at when it has been inflated: 8 MB become 8 GB before they are refused.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  // Dead clients are found so that their polls do not take tasks; idle workers may ping as often as they like.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(options.keepalive.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(options.keepalive_timeout.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
}

} // namespace

struct rpc_server::state {
  state(rpc_context& s, health_board& h, metrics::registry& r) : calls(s, h, r), registry(r) {}

  call_core calls;
  metrics::registry& registry;
  std::unique_ptr<wire_server> own; ///< for TChannel, and for gRPC instead of what follows
  int tchannel_port = 0;
  rpc_core core{calls};
  acceptor connections;
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  std::unique_ptr<grpc::Server> server;
  std::vector<std::thread> threads;
};

rpc_server::rpc_server(rpc_context& context, health_board& health, metrics::registry& registry)
  : state_(std::make_unique<state>(context, health, registry)) {}

rpc_server::~rpc_server() { stop(); }

outcome<int> rpc_server::start(const rpc_options& options) {
  outcome<int> port = 0;
  if (options.own_network || options.tchannel_port >= 0)
    port = start_own(options);
  if (port && !options.own_network)
    port = start_library(options);
  return port;
}

outcome<int> rpc_server::start_own(const rpc_options& options) {
  auto own = std::make_unique<wire_server>(state_->calls, options.network, state_->registry);
  wire_ports wanted;
  if (options.own_network)
    wanted.grpc = options.port;
  if (options.tchannel_port >= 0)
    wanted.tchannel = options.tchannel_port;
  const auto ports = own->start(options.host, wanted);
  if (!ports)
    return ports.error();
  state_->own = std::move(own);
  state_->tchannel_port = ports->tchannel.value_or(0);
  return ports->grpc.value_or(0);
}

int rpc_server::tchannel_port() const { return state_->tchannel_port; }

outcome<int> rpc_server::start_library(const rpc_options& options) {
  // Debian builds the mutexes that gRPC uses with a search for lock cycles, at each lock taken while others are held.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  auto& s = *state_;
  grpc::ServerBuilder builder;
  configure(builder, options);
  const auto port = s.connections.listen(options.host, options.port);
  if (!port)
    return port.error();
  builder.RegisterAsyncGenericService(&s.core.generic);
  for (int i = 0; i < queues_of(options); ++i)
    s.queues.push_back(builder.AddCompletionQueue());
  s.server = builder.BuildAndStart();
  if (!s.server) {
    for (const auto& queue : s.queues) {
      queue->Shutdown();
      rpc::serve(*queue);
    }
    s.queues.clear();
    return internal_error("the gRPC server cannot be started");
  }
  for (const auto& queue : s.queues) {
    for (int i = 0; i < options.calls_awaited; ++i)
      rpc::await(s.core, *queue);
    // One thread for each queue: several hand one socket watch to one another, which costs more than it serves.
    s.threads.emplace_back([&queue = *queue] { rpc::serve(queue); });
  }
  s.connections.start([&s](int socket) { grpc::AddInsecureChannelFromFd(s.server.get(), socket); });
  return *port;
}

void rpc_server::drain() {
  auto& calls = state_->calls;
  calls.health.set(health_state::shutting_down);
  calls.context.drain();
  calls.hanging.expire_all();
  calls.asking.refuse_all(server_stopping());
}

void rpc_server::stop(std::chrono::milliseconds grace) {
  auto& s = *state_;
  if (s.own)
    s.own->stop(grace);
  if (!s.server)
    return;
  s.connections.stop();
  s.core.refusing = true;
  s.core.under_way.wait_for_none(grace);
  // gRPC would cancel what is left, which a client takes for its own doing; the end of its connection tells it to send
  // the call again elsewhere.
  s.connections.end_connections();
  s.core.stopping = true;
  s.server->Shutdown(std::chrono::system_clock::now());
  // Every RPC has ended now or is about to: after its last event none starts an operation, so the queues may close.
  s.core.wait_until_idle();
  for (const auto& queue : s.queues)
    queue->Shutdown();
  for (auto& thread : s.threads)
    thread.join();
  s.threads.clear();
  s.server.reset();
  s.queues.clear();
}

} // namespace cadenza::bridge
