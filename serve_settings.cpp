#include "serve_settings.hpp"

namespace cadenza {

namespace keys = config::keys;

namespace {

/// The reference system writes "no limit" as the largest 32-bit number; the limiter as 0.
double rate(const config::snapshot& now, config::key<std::int64_t> which) {
  const auto value = now.get(which);
  return value >= INT32_MAX ? 0 : static_cast<double>(value);
}

std::size_t length(const config::snapshot& now, config::key<std::int64_t> which) {
  return static_cast<std::size_t>(now.get(which));
}

actors::rules_ptr make_rules(const config::snapshot& now, const workflow::domain_view& domain) {
  config::filters about;
  about.domain = domain.name;
  const auto whole = [&](config::key<std::int64_t> which) { return static_cast<int>(now.get(which, about)); };
  const auto seconds = [&](config::key<std::chrono::nanoseconds> which) {
    return std::chrono::duration_cast<std::chrono::seconds>(now.get(which, about)).count();
  };
  auto out = std::make_shared<workflow::rules>();
  out->blob_size_warn = now.get(keys::limit_blob_size_warn, about);
  out->blob_size_error = now.get(keys::limit_blob_size_error, about);
  out->history_size_warn = now.get(keys::limit_history_size_warn, about);
  out->history_size_error = now.get(keys::limit_history_size_error, about);
  out->history_count_warn = now.get(keys::limit_history_count_warn, about);
  out->history_count_error = now.get(keys::limit_history_count_error, about);
  out->pending_activities_limited = now.get(keys::limit_pending_activity_count_enabled);
  out->pending_activities_error = whole(keys::limit_pending_activity_count_error);
  out->transaction_size_max = now.get(keys::system_transaction_size_limit);
  out->max_decision_start_to_close_s = whole(keys::system_max_decision_start_to_close_seconds);
  out->max_buffered_batches = whole(keys::history_maximum_buffered_events_batch);
  out->max_signals_per_run = whole(keys::history_maximum_signals_per_execution);
  out->sticky_ttl_s = seconds(keys::history_sticky_ttl);
  out->decision_heartbeat_timeout_s = static_cast<int>(seconds(keys::history_decision_heartbeat_timeout));
  out->decision_attempts_critical = whole(keys::history_decision_retry_critical_attempts);
  out->decision_attempts_max = whole(keys::history_decision_retry_max_attempts);
  out->enforce_decision_attempts = now.get(keys::history_enforce_decision_task_attempts, about);
  out->parent_close_policy_enabled = now.get(keys::history_enable_parent_close_policy, about);
  out->max_auto_reset_points = whole(keys::history_history_max_auto_reset_points);
  out->deletion_jitter_minutes = whole(keys::system_workflow_deletion_jitter_range);
  return out;
}

} // namespace

bridge::limits limits_of(const config::snapshot& now) {
  bridge::limits out;
  out.blob_size_max = now.get(keys::limit_blob_size_error);
  out.domain_length_max = length(now, keys::limit_domain_name_length);
  out.identity_length_max = length(now, keys::limit_identity_length);
  out.workflow_id_length_max = length(now, keys::limit_workflow_id_length);
  out.signal_name_length_max = length(now, keys::limit_signal_name_length);
  out.workflow_type_length_max = length(now, keys::limit_workflow_type_length);
  out.request_id_length_max = length(now, keys::limit_request_id_length);
  out.task_list_length_max = length(now, keys::limit_task_list_name_length);
  out.retention_days_min = static_cast<int>(now.get(keys::system_min_retention_days));
  out.retention_days_max = static_cast<int>(now.get(keys::system_max_retention_days));
  out.decision_results_max = static_cast<int>(now.get(keys::frontend_decision_result_count_limit));
  out.history_page_size = static_cast<int>(now.get(keys::frontend_history_max_page_size));
  out.visibility_page_size = static_cast<int>(now.get(keys::frontend_visibility_max_page_size));
  out.visibility_window_max = static_cast<int>(now.get(keys::frontend_es_index_max_result_window));
  out.query_disallowed = now.get(keys::system_disallow_query);
  out.client_version_checked = now.get(keys::frontend_enable_client_version_check);
  out.admin_protected = now.get(keys::history_enable_admin_protection);
  out.admin_token = std::string(now.get(keys::history_admin_operation_token));
  out.search_enabled = true;
  return out;
}

bridge::rate_settings rates_of(const config::snapshot& now) {
  bridge::rate_settings out;
  out.user = {rate(now, keys::frontend_rps), rate(now, keys::frontend_domain_rps),
              rate(now, keys::frontend_task_list_rps)};
  out.worker = {rate(now, keys::frontend_worker_rps), rate(now, keys::frontend_domain_worker_rps),
                rate(now, keys::frontend_task_list_worker_rps)};
  out.visibility = {rate(now, keys::frontend_visibility_rps), rate(now, keys::frontend_domain_visibility_rps), 0};
  out.async = {rate(now, keys::frontend_async_rps), rate(now, keys::frontend_domain_async_rps),
               rate(now, keys::frontend_task_list_async_rps)};
  return out;
}

actors::rules_ptr rules_book::rules_for(const workflow::domain_view& domain) {
  const auto now = from_.current();
  const std::lock_guard guard(mutex_);
  if (now->version() != version_) {
    made_.clear();
    version_ = now->version();
  }
  auto& rules = made_[domain.id];
  if (!rules)
    rules = make_rules(*now, domain);
  return rules;
}

} // namespace cadenza
