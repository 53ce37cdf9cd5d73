#include "bridge/base/error_mapping.hpp"

#include "messages/utf8.hpp"

#include "google/rpc/status.pb.h"
#include "uber/cadence/api/v1/error.pb.h"

namespace cadenza::bridge {

namespace api = uber::cadence::api::v1;

namespace {

/// Many clients refuse an answer whose trailers have more than 8 KiB. The message goes there twice: percent-encoded,
/// where what is no plain ASCII takes three bytes for one, and in the details, in base64.
constexpr std::size_t message_cost_max = 3 << 10;
constexpr std::size_t detail_bytes_max = 256; // of a text that a client gave, beside the message

// The codes of gRPC, whose headers are too heavy for a table.
constexpr int code_unknown = 2;
constexpr int code_invalid_argument = 3;
constexpr int code_deadline_exceeded = 4;
constexpr int code_not_found = 5;
constexpr int code_already_exists = 6;
constexpr int code_permission_denied = 7;
constexpr int code_resource_exhausted = 8;
constexpr int code_failed_precondition = 9;
constexpr int code_aborted = 10;
constexpr int code_unimplemented = 12;
constexpr int code_internal = 13;
constexpr int code_unavailable = 14;
constexpr int code_data_loss = 15;

std::string cut(const std::string& text) {
  auto message = utf8::readable(text);
  if (message.size() <= message_cost_max / 3)
    return message;
  std::size_t end = 0;
  for (std::size_t cost = 0; end < message.size(); ++end) {
    const auto byte = static_cast<unsigned char>(message[end]);
    cost += byte >= 0x20 && byte < 0x7F && byte != '%' ? 1 : 3;
    if (cost > message_cost_max)
      break;
  }
  return utf8::shortened(message, end);
}

wire_status plain(int code, const error& reason) { return {code, cut(reason.message), {}}; }

wire_status untyped(const char* prefix, const error& reason) {
  return {code_unknown, cut(prefix + reason.message), {}};
}

std::string status_bytes(const wire_status& status, google::rpc::Status& holder) {
  holder.set_code(status.code);
  holder.set_message(status.message);
  return holder.SerializeAsString();
}

wire_status detailed(int code, const error& reason, const google::protobuf::Message& detail) {
  auto out = plain(code, reason);
  google::rpc::Status holder;
  holder.add_details()->PackFrom(detail);
  out.details = status_bytes(out, holder);
  return out;
}

/// Errors between servers have details that are not part of the public contract; their type is all that clients look
/// at.
wire_status internal_detail(int code, const error& reason, const char* type) {
  auto out = plain(code, reason);
  google::rpc::Status holder;
  holder.add_details()->set_type_url(std::string("type.googleapis.com/uber.cadence.shared.v1.") + type);
  out.details = status_bytes(out, holder);
  return out;
}

api::EntityNotExistsError not_exists_detail(const error_detail& from) {
  api::EntityNotExistsError to;
  to.set_current_cluster(from.current_cluster);
  to.set_active_cluster(from.active_cluster);
  for (const auto& cluster : from.active_clusters)
    to.add_active_clusters(cluster);
  return to;
}

api::DomainNotActiveError not_active_detail(const error_detail& from) {
  api::DomainNotActiveError to;
  to.set_domain(from.domain);
  to.set_current_cluster(from.current_cluster);
  to.set_active_cluster(from.active_cluster);
  for (const auto& cluster : from.active_clusters)
    to.add_active_clusters(cluster);
  return to;
}

api::WorkflowExecutionAlreadyStartedError already_started_detail(const error_detail& from) {
  api::WorkflowExecutionAlreadyStartedError to;
  to.set_start_request_id(utf8::excerpt(from.start_request_id));
  to.set_run_id(from.run_id);
  return to;
}

api::ClientVersionNotSupportedError client_version_detail(const error_detail& from) {
  api::ClientVersionNotSupportedError to;
  to.set_feature_version(utf8::excerpt(from.feature_version, detail_bytes_max));
  to.set_client_impl(utf8::excerpt(from.client_impl, detail_bytes_max));
  to.set_supported_versions(from.supported_versions);
  return to;
}

} // namespace

wire_status to_wire(const error& reason, bool told_already_completed, told_by who) {
  static const error_detail nothing;
  const auto& detail = reason.detail ? *reason.detail : nothing;
  switch (reason.kind) {
  case error_kind::bad_request: return plain(code_invalid_argument, reason);
  case error_kind::entity_not_exists: return detailed(code_not_found, reason, not_exists_detail(detail));
  case error_kind::workflow_already_completed:
    if (told_already_completed)
      return detailed(code_not_found, reason, api::WorkflowExecutionAlreadyCompletedError{});
    // Clients that do not know the kind are told in the words that they have always been told.
    return detailed(code_not_found, not_exists("Workflow execution already completed."), api::EntityNotExistsError{});
  case error_kind::workflow_already_started:
    return detailed(code_already_exists, reason, already_started_detail(detail));
  case error_kind::cancellation_already_requested:
    return detailed(code_already_exists, reason, api::CancellationAlreadyRequestedError{});
  case error_kind::domain_already_exists: return detailed(code_already_exists, reason, api::DomainAlreadyExistsError{});
  case error_kind::domain_not_active: return detailed(code_failed_precondition, reason, not_active_detail(detail));
  case error_kind::limit_exceeded: return detailed(code_resource_exhausted, reason, api::LimitExceededError{});
  case error_kind::service_busy: {
    api::ServiceBusyError busy;
    busy.set_reason(detail.reason);
    return detailed(code_resource_exhausted, reason, busy);
  }
  case error_kind::query_failed: return detailed(code_invalid_argument, reason, api::QueryFailedError{});
  case error_kind::client_version_not_supported:
    return detailed(code_failed_precondition, reason, client_version_detail(detail));
  case error_kind::feature_not_enabled: {
    api::FeatureNotEnabledError feature;
    feature.set_feature_flag(detail.feature_flag);
    return detailed(code_failed_precondition, reason, feature);
  }
  case error_kind::access_denied: return plain(code_permission_denied, reason);
  case error_kind::internal_service:
    return who == told_by::admin ? plain(code_internal, reason) : untyped("cadence internal error, msg: ", reason);
  case error_kind::internal_data_inconsistency:
    return internal_detail(code_data_loss, reason, "InternalDataInconsistencyError");
  case error_kind::sticky_worker_unavailable:
    return detailed(code_unavailable, reason, api::StickyWorkerUnavailableError{});
  case error_kind::read_only_partition: return detailed(code_aborted, reason, api::ReadOnlyPartitionError{});
  case error_kind::shard_ownership_lost: return internal_detail(code_aborted, reason, "ShardOwnershipLostError");
  case error_kind::current_branch_changed: return internal_detail(code_aborted, reason, "CurrentBranchChangedError");
  case error_kind::retry_task: return internal_detail(code_aborted, reason, "RetryTaskV2Error");
  case error_kind::unavailable: return plain(code_unavailable, reason);
  case error_kind::deadline_exceeded: return plain(code_deadline_exceeded, reason);
  case error_kind::unimplemented: return plain(code_unimplemented, reason);
  case error_kind::unknown:
    return who == told_by::admin ? plain(code_internal, reason)
                                 : untyped("cadence internal uncategorized error, msg: ", reason);
  }
  return plain(code_unknown, reason);
}

} // namespace cadenza::bridge
