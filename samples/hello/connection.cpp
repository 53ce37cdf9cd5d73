#include "samples/hello/connection.hpp"

#include <google/protobuf/message.h>

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/rpc_method.h>

#include <set>

namespace hello {

struct connection::state {
  std::shared_ptr<grpc::Channel> channel;
  std::mutex mutex;
  std::set<grpc::ClientContext*> in_flight;
  bool closed = false;
};

connection::connection(const std::string& address) : state_(std::make_unique<state>()) {
  state_->channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
}

connection::~connection() = default;

reply connection::call(const std::string& method, const google::protobuf::Message& request,
                       google::protobuf::Message& response, std::chrono::milliseconds timeout) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + timeout);
  context.AddMetadata("rpc-caller", "hello-sample");
  context.AddMetadata("rpc-service", "cadence-frontend");
  context.AddMetadata("rpc-encoding", "proto");
  {
    const std::lock_guard guard{state_->mutex};
    if (state_->closed)
      return {static_cast<int>(grpc::StatusCode::CANCELLED), "closed"};
    state_->in_flight.insert(&context);
  }
  const auto path = "/uber.cadence.api.v1." + method;
  const grpc::internal::RpcMethod rpc{path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC};
  using base = google::protobuf::MessageLite;
  const auto status =
      grpc::internal::BlockingUnaryCall<base, base>(state_->channel.get(), rpc, &context, request, &response);
  const std::lock_guard guard{state_->mutex};
  state_->in_flight.erase(&context);
  return {static_cast<int>(status.error_code()), status.error_message()};
}

void connection::close() {
  const std::lock_guard guard{state_->mutex};
  state_->closed = true;
  for (auto* context : state_->in_flight)
    context->TryCancel();
}

} // namespace hello
