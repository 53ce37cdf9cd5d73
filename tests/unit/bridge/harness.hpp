#pragma once

#include "bridge/rpc/server.hpp"
#include "config/metrics.hpp"
#include "fake_engine.hpp"

#include <google/rpc/status.pb.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/security/credentials.h>

#include <stdexcept>
#include <string_view>

namespace cadenza::tests {

/// A bridge on a free port of the loopback, before a fake engine, and a client to it.
struct harness {
  explicit harness(bridge::validators hooks = {}, bridge::rpc_options options = {})
    : stored(dynamic, [this](log::level, log::fields values,
                             log::sentence says) { warnings.push_back(log::text_of(values, says)); }),
      context(engine, health, std::move(hooks), {}, &stored), server(context, health, registry) {
    engine.on_document = [this](actors::document_kind which, const std::string& content) {
      stored.take(which, content);
    };
    options.port = 0;
    health.set(bridge::health_state::ok);
    domain = engine.add_domain("orders");
    const auto bound = server.start(options);
    if (!bound)
      throw std::runtime_error(bound.error().message);
    port = *bound;
    channel = connect();
  }

  std::shared_ptr<grpc::Channel> connect() const {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetMaxSendMessageSize(-1);
    arguments.SetInt("grpc.use_local_subchannel_pool", 1);
    return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials(),
                                     arguments);
  }

  /// `path` as "WorkflowAPI/StartWorkflowExecution" or in full.
  template <class Request, class Response = google::protobuf::Message>
  grpc::Status call(const std::string& path, const Request& request, Response& response, grpc::ClientContext& about) {
    const auto full = path.front() == '/' ? path : "/uber.cadence.api.v1." + path;
    const grpc::internal::RpcMethod method(full.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
    return grpc::internal::BlockingUnaryCall<Request, Response, grpc::protobuf::MessageLite,
                                             grpc::protobuf::MessageLite>(channel.get(), method, &about, request,
                                                                          &response);
  }
  template <class Response, class Request>
  grpc::Status call(const std::string& path, const Request& request,
                    const std::map<std::string, std::string>& headers = {}, Response* into = nullptr) {
    grpc::ClientContext about;
    about.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    for (const auto& [key, value] : headers)
      about.AddMetadata(key, value);
    Response response;
    const auto status = call(path, request, into ? *into : response, about);
    return status;
  }

  config::dynamic_config dynamic;
  bridge::stored_settings stored;
  std::vector<std::string> warnings; ///< about stored values
  fake_engine engine;
  bridge::health_board health;
  metrics::registry registry;
  bridge::rpc_context context;
  bridge::rpc_server server;
  int port = 0;
  std::shared_ptr<grpc::Channel> channel;
  workflow::domain_ptr domain;
};

/// The one detail of an error, or nothing when it has none or another.
template <class Detail> std::optional<Detail> detail_of(const grpc::Status& status) {
  google::rpc::Status holder;
  Detail detail;
  if (!holder.ParseFromString(status.error_details()) || holder.details_size() != 1 ||
      holder.code() != status.error_code() || holder.message() != status.error_message() ||
      !holder.details(0).UnpackTo(&detail))
    return std::nullopt;
  return detail;
}

} // namespace cadenza::tests
