#include "cli/client.hpp"

#include "cli/address.hpp"

#include "google/rpc/status.pb.h"
#include "uber/cadence/api/v1/error.pb.h"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/rpc_method.h>

#include <cstdlib>
#include <optional>

namespace cadenza::cli {

namespace {

namespace api = uber::cadence::api::v1;

constexpr int message_bytes_max = 64 * 1024 * 1024;
constexpr auto feature_flags = R"({"WorkflowExecutionAlreadyCompletedErrorEnabled":true})";

error_kind kind_of(grpc::StatusCode code) {
  switch (code) {
  case grpc::StatusCode::INVALID_ARGUMENT: return error_kind::bad_request;
  case grpc::StatusCode::NOT_FOUND: return error_kind::entity_not_exists;
  case grpc::StatusCode::PERMISSION_DENIED: return error_kind::access_denied;
  case grpc::StatusCode::UNAUTHENTICATED: return error_kind::access_denied;
  case grpc::StatusCode::INTERNAL: return error_kind::internal_service;
  case grpc::StatusCode::DATA_LOSS: return error_kind::internal_data_inconsistency;
  case grpc::StatusCode::RESOURCE_EXHAUSTED: return error_kind::limit_exceeded;
  case grpc::StatusCode::UNAVAILABLE: return error_kind::unavailable;
  case grpc::StatusCode::DEADLINE_EXCEEDED: return error_kind::deadline_exceeded;
  case grpc::StatusCode::UNIMPLEMENTED: return error_kind::unimplemented;
  default: return error_kind::unknown;
  }
}

std::vector<std::string> list_of(const google::protobuf::RepeatedPtrField<std::string>& names) {
  return {names.begin(), names.end()};
}

/// The error a typed detail stands for, or nothing when the detail is of no known type.
std::optional<error> from_detail(const google::protobuf::Any& any, const std::string& message) {
  error_detail detail;
  if (api::WorkflowExecutionAlreadyStartedError typed; any.UnpackTo(&typed)) {
    detail.start_request_id = typed.start_request_id();
    detail.run_id = typed.run_id();
    return error{error_kind::workflow_already_started, message, detail};
  }
  if (api::EntityNotExistsError typed; any.UnpackTo(&typed)) {
    detail.current_cluster = typed.current_cluster();
    detail.active_cluster = typed.active_cluster();
    detail.active_clusters = list_of(typed.active_clusters());
    return error{error_kind::entity_not_exists, message, detail};
  }
  if (api::DomainNotActiveError typed; any.UnpackTo(&typed)) {
    detail.domain = typed.domain();
    detail.current_cluster = typed.current_cluster();
    detail.active_cluster = typed.active_cluster();
    detail.active_clusters = list_of(typed.active_clusters());
    return error{error_kind::domain_not_active, message, detail};
  }
  if (api::ClientVersionNotSupportedError typed; any.UnpackTo(&typed)) {
    detail.feature_version = typed.feature_version();
    detail.client_impl = typed.client_impl();
    detail.supported_versions = typed.supported_versions();
    return error{error_kind::client_version_not_supported, message, detail};
  }
  if (api::FeatureNotEnabledError typed; any.UnpackTo(&typed)) {
    detail.feature_flag = typed.feature_flag();
    return error{error_kind::feature_not_enabled, message, detail};
  }
  if (api::ServiceBusyError typed; any.UnpackTo(&typed)) {
    detail.reason = typed.reason();
    return error{error_kind::service_busy, message, detail};
  }
  if (any.Is<api::WorkflowExecutionAlreadyCompletedError>())
    return error{error_kind::workflow_already_completed, message};
  if (any.Is<api::CancellationAlreadyRequestedError>())
    return error{error_kind::cancellation_already_requested, message};
  if (any.Is<api::DomainAlreadyExistsError>())
    return error{error_kind::domain_already_exists, message};
  if (any.Is<api::LimitExceededError>())
    return error{error_kind::limit_exceeded, message};
  if (any.Is<api::QueryFailedError>())
    return error{error_kind::query_failed, message};
  if (any.Is<api::StickyWorkerUnavailableError>())
    return error{error_kind::sticky_worker_unavailable, message};
  if (any.Is<api::ReadOnlyPartitionError>())
    return error{error_kind::read_only_partition, message};
  return std::nullopt;
}

/// Whether the server gave this status; otherwise it is the transport's.
bool is_answer(const grpc::ClientContext& context) {
  return context.debug_error_string().find("received from peer") != std::string::npos;
}

error to_error(const grpc::Status& status, const grpc::ClientContext& context, const client_options& options) {
  google::rpc::Status details;
  if (!status.error_details().empty() && details.ParseFromString(status.error_details()) && details.details_size() > 0)
    if (auto typed = from_detail(details.details(0), status.error_message()))
      return *typed;
  const auto kind = kind_of(status.error_code());
  if (!is_answer(context)) {
    if (kind == error_kind::deadline_exceeded)
      return {kind, "no answer from " + options.address + " in time (--context_timeout gives it longer)"};
    if (kind == error_kind::limit_exceeded) // a message too large to be sent or read
      return {kind, status.error_message()};
    // A connection to something else than a gRPC server ends in several codes.
    return {error_kind::unavailable,
            unreachable_text(options.address, status.error_message(), !options.ca_certificate.empty())};
  }
  return {kind, status.error_message().empty() ? std::string{name_of(kind)} : status.error_message()};
}

} // namespace

struct client::connection {
  std::shared_ptr<grpc::Channel> channel;
};

namespace {

/// gRPC's own lines ("E1129 ssl_transport_security.cc …") tell users nothing that the error does not.
void quiet(gpr_log_func_args*) {
  // nop
}

} // namespace

client::client(client_options options) : options_(std::move(options)), connection_(std::make_unique<connection>()) {
  if (std::getenv("GRPC_VERBOSITY") == nullptr)
    gpr_set_log_function(quiet);
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  if (options_.ca_certificate.empty()) {
    credentials = grpc::InsecureChannelCredentials();
  } else {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = options_.ca_certificate;
    credentials = grpc::SslCredentials(tls);
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(message_bytes_max);
  arguments.SetMaxSendMessageSize(message_bytes_max);
  connection_->channel = grpc::CreateCustomChannel(options_.address, credentials, arguments);
}

client::~client() = default;

outcome<void> client::call(std::string_view method, const google::protobuf::Message& request,
                           google::protobuf::Message& response, std::chrono::milliseconds timeout) {
  const std::string path =
      (method.starts_with("AdminAPI/") ? "/uber.cadence.admin.v1." : "/uber.cadence.api.v1.") + std::string{method};
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + timeout);
  context.AddMetadata("rpc-caller", "cadence-cli");
  context.AddMetadata("rpc-service", "cadence-frontend");
  context.AddMetadata("rpc-encoding", "proto");
  context.AddMetadata("cadence-client-name", "cli");
  context.AddMetadata("cadence-client-feature-version", "1.7.0");
  context.AddMetadata("cadence-client-feature-flags", feature_flags);
  context.AddMetadata("cadence-caller-type", "cli");
  if (!options_.token.empty())
    context.AddMetadata("cadence-authorization", options_.token);
  const grpc::internal::RpcMethod rpc{path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC};
  using base = google::protobuf::MessageLite;
  const auto status =
      grpc::internal::BlockingUnaryCall<base, base>(connection_->channel.get(), rpc, &context, request, &response);
  if (!status.ok())
    return to_error(status, context, options_);
  return {};
}

std::string explain(const error& reason) {
  std::string text = reason.message.empty() ? std::string{name_of(reason.kind)} : reason.message;
  if (!reason.detail)
    return text;
  const auto add = [&text](std::string_view label, const std::string& value) {
    if (!value.empty() && text.find(value) == std::string::npos)
      text.append(" ").append(label).append(" ").append(value).append(".");
  };
  switch (reason.kind) {
  case error_kind::workflow_already_started: add("Run id:", reason.detail->run_id); break;
  case error_kind::domain_not_active:
  case error_kind::entity_not_exists:
    if (reason.detail->active_cluster != reason.detail->current_cluster) {
      add("Asked cluster:", reason.detail->current_cluster);
      add("Active cluster:", reason.detail->active_cluster);
    }
    break;
  case error_kind::client_version_not_supported: add("Server supports:", reason.detail->supported_versions); break;
  case error_kind::feature_not_enabled: add("Feature:", reason.detail->feature_flag); break;
  case error_kind::service_busy: add("Reason:", reason.detail->reason); break;
  default: break;
  }
  return text;
}

} // namespace cadenza::cli
