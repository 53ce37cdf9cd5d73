#include "messages/error.hpp"

#include "messages/utf8.hpp"

namespace cadenza {

error::error(error_kind k, std::string text) : kind(k), message(std::move(text)) {
  if (message.size() > error_bytes_max)
    message = utf8::shortened(message, error_bytes_max);
}

error::error(error_kind k, std::string text, error_detail d) : error(k, std::move(text)) {
  detail = std::make_shared<const error_detail>(std::move(d));
}

error no_domain(std::string_view domain) { return not_exists("Domain " + utf8::excerpt(domain) + " does not exist."); }

error no_workflow(std::string_view workflow_id, const std::optional<uuid>& run_id) {
  auto text = "Workflow execution not found.  WorkflowId: " + utf8::excerpt(workflow_id);
  if (run_id)
    text += ", RunId: " + run_id->str();
  return not_exists(std::move(text));
}

error bad_request(std::string message) { return {error_kind::bad_request, std::move(message)}; }
error not_exists(std::string message) { return {error_kind::entity_not_exists, std::move(message)}; }
error already_completed() { return {error_kind::workflow_already_completed, "workflow execution already completed"}; }
error internal_error(std::string message) { return {error_kind::internal_service, std::move(message)}; }
error service_busy(std::string message, std::string reason) {
  error_detail detail;
  detail.reason = std::move(reason);
  return {error_kind::service_busy, std::move(message), std::move(detail)};
}
error limit_exceeded(std::string message) { return {error_kind::limit_exceeded, std::move(message)}; }
error unavailable(std::string message) { return {error_kind::unavailable, std::move(message)}; }

std::string_view name_of(error_kind kind) {
  switch (kind) {
  case error_kind::bad_request: return "bad_request";
  case error_kind::entity_not_exists: return "entity_not_exists";
  case error_kind::workflow_already_completed: return "workflow_already_completed";
  case error_kind::workflow_already_started: return "workflow_already_started";
  case error_kind::cancellation_already_requested: return "cancellation_already_requested";
  case error_kind::domain_already_exists: return "domain_already_exists";
  case error_kind::domain_not_active: return "domain_not_active";
  case error_kind::limit_exceeded: return "limit_exceeded";
  case error_kind::service_busy: return "service_busy";
  case error_kind::query_failed: return "query_failed";
  case error_kind::client_version_not_supported: return "client_version_not_supported";
  case error_kind::feature_not_enabled: return "feature_not_enabled";
  case error_kind::access_denied: return "access_denied";
  case error_kind::internal_service: return "internal_service";
  case error_kind::internal_data_inconsistency: return "internal_data_inconsistency";
  case error_kind::sticky_worker_unavailable: return "sticky_worker_unavailable";
  case error_kind::read_only_partition: return "read_only_partition";
  case error_kind::shard_ownership_lost: return "shard_ownership_lost";
  case error_kind::current_branch_changed: return "current_branch_changed";
  case error_kind::retry_task: return "retry_task";
  case error_kind::unavailable: return "unavailable";
  case error_kind::deadline_exceeded: return "deadline_exceeded";
  case error_kind::unimplemented: return "unimplemented";
  case error_kind::unknown: return "unknown";
  }
  return "unknown";
}

} // namespace cadenza
