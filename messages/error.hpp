#pragma once

#include "messages/uuid.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cadenza {

/// Every way a request can fail, named as the wire contract names them. The bridge maps each to a gRPC code and detail.
enum class error_kind {
  bad_request,
  entity_not_exists,
  workflow_already_completed,
  workflow_already_started,
  cancellation_already_requested,
  domain_already_exists,
  domain_not_active,
  limit_exceeded,
  service_busy,
  query_failed,
  client_version_not_supported,
  feature_not_enabled,
  access_denied,
  internal_service,
  internal_data_inconsistency,
  sticky_worker_unavailable,
  read_only_partition,
  shard_ownership_lost,
  current_branch_changed,
  retry_task,
  unavailable, ///< nobody can answer now; safe to send again
  deadline_exceeded,
  unimplemented,
  unknown, ///< what the reference system answers with code UNKNOWN (an unparsable task token)
};

/// The fields some error details carry. All empty unless the kind uses them.
struct error_detail {
  std::string start_request_id;             ///< workflow_already_started
  std::string run_id;                       ///< workflow_already_started
  std::string domain;                       ///< domain_not_active
  std::string current_cluster;              ///< domain_not_active, entity_not_exists
  std::string active_cluster;               ///< domain_not_active, entity_not_exists
  std::vector<std::string> active_clusters; ///< domain_not_active, entity_not_exists
  std::string reason;                       ///< service_busy
  std::string feature_version;              ///< client_version_not_supported
  std::string client_impl;                  ///< client_version_not_supported
  std::string supported_versions;           ///< client_version_not_supported
  std::string feature_flag;                 ///< feature_not_enabled
};

/// The longest text of a failure. Longer ones quote what somebody sent, and would go on into answers, logs and events.
inline constexpr std::size_t error_bytes_max = 4 << 10;

/// A failure of a request, to be told to whoever asked. Its text is cut off after `error_bytes_max`.
struct error {
  error_kind kind = error_kind::internal_service;
  std::string message;
  std::shared_ptr<const error_detail> detail; ///< null when the kind carries no fields

  error(error_kind k, std::string text);
  error(error_kind k, std::string text, error_detail d);
};

[[nodiscard]] error bad_request(std::string message);
[[nodiscard]] error not_exists(std::string message);
/// There is no such domain, by name or id.
[[nodiscard]] error no_domain(std::string_view domain);
/// There is no such workflow or, with `run_id`, no such run of it.
[[nodiscard]] error no_workflow(std::string_view workflow_id, const std::optional<uuid>& run_id = {});
[[nodiscard]] error already_completed();
[[nodiscard]] error internal_error(std::string message);
[[nodiscard]] error service_busy(std::string message, std::string reason = {});
[[nodiscard]] error limit_exceeded(std::string message);
[[nodiscard]] error unavailable(std::string message);

/// Stable lower-case name, for logs and metrics: "bad_request".
[[nodiscard]] std::string_view name_of(error_kind kind);

} // namespace cadenza
