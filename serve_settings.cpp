#include "serve_settings.hpp"

#include <algorithm>

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

namespace {

actors::list_settings list_settings_of(const config::snapshot& now, const std::string& domain, const std::string& list,
                                       int type) {
  config::filters about;
  about.domain = domain;
  about.task_list = list;
  about.task_type = type;
  const auto whole = [&](config::key<std::int64_t> which) {
    return static_cast<int>(std::min<std::int64_t>(now.get(which, about), INT32_MAX));
  };
  const auto time = [&](config::key<std::chrono::nanoseconds> which) { return now.get(which, about).count(); };
  actors::list_settings out;
  out.read_partitions = whole(keys::matching_num_task_list_read_partitions);
  out.write_partitions = whole(keys::matching_num_task_list_write_partitions);
  out.random_spread = now.get(keys::system_task_list_load_balancer_strategy, about) == "random";
  out.forwarded_polls_max = whole(keys::matching_forwarder_max_outstanding_polls);
  out.forwarded_tasks_max = whole(keys::matching_forwarder_max_outstanding_tasks);
  out.forwarded_rate = static_cast<double>(now.get(keys::matching_forwarder_max_rate_per_second, about));
  out.forward_degree = whole(keys::matching_forwarder_max_children_per_node);
  out.local_poll_ns = time(keys::matching_local_poll_wait_time);
  out.local_task_ns = time(keys::matching_local_task_wait_time);
  out.override_rate = now.get(keys::matching_override_task_list_rps, about);
  out.burst_min = whole(keys::matching_min_task_throttling_burst_size);
  out.sync_match = now.get(keys::matching_enable_sync_match, about);
  out.read_batch = static_cast<std::size_t>(whole(keys::matching_get_tasks_batch_size));
  out.write_batch = static_cast<std::size_t>(whole(keys::matching_max_task_batch_size));
  out.idle_ns = time(keys::matching_max_task_list_idle_time);
  out.ack_interval_ns = time(keys::matching_update_ack_interval);
  out.client_auto_config = now.get(keys::matching_enable_client_auto_config, about);
  out.isolation_wait_ns = time(keys::matching_task_isolation_duration);
  out.isolation_window_ns = time(keys::matching_task_isolation_poller_window);
  return out;
}

/// Whether any value of a rate is a limit.
bool is_limit(const config::snapshot& now, config::key<std::int64_t> which) {
  return now.unrestricted(which.index).integer < INT32_MAX || !now.values(which.index).empty();
}

actors::matching_rates matching_rates_of(const config::snapshot& now, const workflow::domain_view* domain) {
  config::filters about;
  if (domain != nullptr)
    about.domain = domain->name;
  const auto rate_of = [&](config::key<std::int64_t> which) {
    const auto value = now.get(which, about);
    return value >= INT32_MAX ? 0 : static_cast<double>(value);
  };
  actors::matching_rates out;
  out.any = is_limit(now, keys::matching_rps) || is_limit(now, keys::matching_worker_rps)
            || is_limit(now, keys::matching_domain_rps) || is_limit(now, keys::matching_domain_worker_rps);
  out.host = rate_of(keys::matching_rps);
  out.host_worker = rate_of(keys::matching_worker_rps);
  out.domain = rate_of(keys::matching_domain_rps);
  out.domain_worker = rate_of(keys::matching_domain_worker_rps);
  return out;
}

} // namespace

actors::matching_sources matching_sources_of(const config::dynamic_config& from) {
  actors::matching_sources out;
  out.settings_for = [&from](const workflow::domain_view& domain, const std::string& list, int type) {
    return list_settings_of(*from.current(), domain.name, list, type);
  };
  out.isolated = [&from](const workflow::domain_view& domain) {
    config::filters about;
    about.domain = domain.name;
    return from.current()->get(keys::system_enable_task_list_isolation, about);
  };
  out.rates = [&from](const workflow::domain_view* domain) { return matching_rates_of(*from.current(), domain); };
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
