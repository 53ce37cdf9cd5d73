#include "tests/load/client.hpp"

#include "messages/uuid.hpp"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <future>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_set>
#include <vector>

namespace cadenza::load {

struct client::state {
  struct connection {
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<grpc::GenericStub> stub;
  };
  std::vector<connection> connections;
  std::atomic<std::size_t> next{0};
  std::atomic<std::int64_t> under_way{0};
  std::mutex contexts_mutex;
  std::unordered_set<std::shared_ptr<grpc::ClientContext>> contexts; ///< of the calls under way
};

client::client(const std::string& address, int connections) : state_(new state) {
  for (int i = 0; i < connections; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(64 << 20);
    arguments.SetMaxSendMessageSize(64 << 20);
    arguments.SetInt("cadenza.connection", i); // unlike arguments make unlike connections
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
    state::connection c;
    c.channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
    c.stub = std::make_unique<grpc::GenericStub>(c.channel);
    state_->connections.push_back(std::move(c));
  }
}

client::~client() {
  // Callbacks refer to this object's callers: all must be over.
  while (state_->under_way.load() != 0)
    std::this_thread::yield();
}

void client::raw_call(const char* method, const google::protobuf::MessageLite& request,
                      std::chrono::milliseconds timeout, std::function<void(const result&, const std::string&)> done) {
  struct pending {
    std::shared_ptr<grpc::ClientContext> context = std::make_shared<grpc::ClientContext>();
    grpc::ByteBuffer request;
    grpc::ByteBuffer response;
  };
  auto p = std::make_shared<pending>();
  p->context->set_deadline(std::chrono::system_clock::now() + timeout);
  p->context->AddMetadata("rpc-caller", "cadenza-load");
  p->context->AddMetadata("rpc-service", "cadence-frontend");
  p->context->AddMetadata("rpc-encoding", "proto");
  p->context->AddMetadata("cadence-client-name", "uber-go");
  p->context->AddMetadata("cadence-client-feature-version", "1.7.0");
  for (const auto& [key, value] : headers)
    p->context->AddMetadata(key, value);
  p->context->AddMetadata("cadence-client-feature-flags", R"({"WorkflowExecutionAlreadyCompletedErrorEnabled":true})");
  grpc::Slice slice(request.SerializeAsString());
  p->request = grpc::ByteBuffer(&slice, 1);
  auto& connection =
      state_->connections[state_->next.fetch_add(1, std::memory_order_relaxed) % state_->connections.size()];
  state_->under_way.fetch_add(1);
  {
    const std::lock_guard guard(state_->contexts_mutex);
    state_->contexts.insert(p->context);
  }
  const std::string path =
      std::string(method).starts_with("AdminAPI/") ? "/uber.cadence.admin.v1." : "/uber.cadence.api.v1.";
  connection.stub->UnaryCall(p->context.get(), path + method, grpc::StubOptions(), &p->request, &p->response,
                             [this, p, done = std::move(done)](grpc::Status status) {
                               {
                                 const std::lock_guard guard(state_->contexts_mutex);
                                 state_->contexts.erase(p->context);
                               }
                               std::string bytes;
                               if (status.ok()) {
                                 std::vector<grpc::Slice> slices;
                                 if (p->response.Dump(&slices).ok()) {
                                   for (const auto& s : slices)
                                     bytes.append(reinterpret_cast<const char*>(s.begin()), s.size());
                                 }
                               }
                               done({static_cast<int>(status.error_code()), status.error_message()}, bytes);
                               // It holds the channel, which must not end on a thread of its own: gRPC would join that.
                               p->context.reset();
                               state_->under_way.fetch_sub(1);
                             });
}

result client::raw_wait(const char* method, const google::protobuf::MessageLite& request,
                        std::chrono::milliseconds timeout, std::string& bytes) {
  std::promise<result> promise;
  auto future = promise.get_future();
  raw_call(method, request, timeout, [&](const result& r, const std::string& b) {
    bytes = b;
    promise.set_value(r);
  });
  return future.get();
}

void client::cancel_all() {
  std::vector<std::shared_ptr<grpc::ClientContext>> contexts;
  {
    const std::lock_guard guard(state_->contexts_mutex);
    contexts.assign(state_->contexts.begin(), state_->contexts.end());
  }
  // Outside the lock: a cancelled call may end on this thread.
  for (const auto& context : contexts)
    context->TryCancel();
}

std::string new_uuid() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  const auto high = generator();
  return uuid::v4(high, generator()).str();
}

bool prepare_domain(client& c, const std::string& domain, std::chrono::seconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  api::RegisterDomainRequest request;
  request.set_name(domain);
  request.mutable_workflow_execution_retention_period()->set_seconds(86'400);
  while (std::chrono::steady_clock::now() < until) {
    api::RegisterDomainResponse response;
    const auto r = c.wait("DomainAPI/RegisterDomain", request, response, std::chrono::seconds(2));
    if (r.ok() || r.code == 6)
      return true;
  }
  return false;
}

} // namespace cadenza::load
