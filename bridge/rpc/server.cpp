#include "bridge/rpc/server.hpp"

#include "bridge/rpc/rpc.hpp"
#include "config/log.hpp"

#include <absl/synchronization/mutex.h>
#include <grpc/support/log.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace cadenza::bridge {

namespace {

/// gRPC's own messages go to the server's log.
void log_for_grpc(gpr_log_func_args* args) {
  if (args->severity == GPR_LOG_SEVERITY_ERROR)
    log::warn("grpc: {}", args->message);
  else
    log::debug("grpc: {}", args->message);
}

int queues_of(const rpc_options& options) {
  return options.queues > 0 ? options.queues : std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / 2);
}

void configure(grpc::ServerBuilder& builder, const rpc_options& options) {
  builder.SetMaxReceiveMessageSize(options.message_bytes_max);
  builder.SetMaxSendMessageSize(options.message_bytes_max);
  // A second server on the same port must fail, not share it.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Dead clients are found so that their polls do not take tasks; idle workers may ping as often as they like.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(options.keepalive.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(options.keepalive_timeout.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
}

} // namespace

struct rpc_server::state {
  state(services& s, health_board& h, metrics::registry& registry) : core(s, h, registry) {}

  rpc_core core;
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  std::unique_ptr<grpc::Server> server;
  std::vector<std::thread> threads;
};

rpc_server::rpc_server(services& with, health_board& health, metrics::registry& registry)
  : state_(std::make_unique<state>(with, health, registry)) {}

rpc_server::~rpc_server() { stop(); }

outcome<int> rpc_server::start(const rpc_options& options) {
  gpr_set_log_function(&log_for_grpc);
  // Debian builds the mutexes that gRPC uses with a search for lock cycles, at each lock taken while others are held.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  auto& s = *state_;
  grpc::ServerBuilder builder;
  configure(builder, options);
  int port = 0;
  const auto address = options.host + ":" + std::to_string(options.port);
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterAsyncGenericService(&s.core.generic);
  for (int i = 0; i < queues_of(options); ++i)
    s.queues.push_back(builder.AddCompletionQueue());
  s.server = builder.BuildAndStart();
  if (!s.server || port == 0) {
    s.server.reset();
    for (const auto& queue : s.queues)
      queue->Shutdown();
    for (const auto& queue : s.queues)
      rpc::serve(*queue);
    s.queues.clear();
    return internal_error("cannot listen on " + address + ": is the port taken?");
  }
  for (const auto& queue : s.queues) {
    for (int i = 0; i < options.calls_awaited; ++i)
      rpc::await(s.core, *queue);
    // One thread for each queue: several hand one socket watch to one another, which costs more than it serves.
    s.threads.emplace_back([&queue = *queue] { rpc::serve(queue); });
  }
  return port;
}

void rpc_server::drain() {
  state_->core.health.set(health_state::shutting_down);
  state_->core.with.drain();
  state_->core.hanging.expire_all();
}

void rpc_server::stop(std::chrono::milliseconds grace) {
  auto& s = *state_;
  if (!s.server)
    return;
  s.core.stopping = true;
  s.server->Shutdown(std::chrono::system_clock::now() + grace);
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
