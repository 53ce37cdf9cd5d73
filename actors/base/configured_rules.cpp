#include "actors/base/configured_rules.hpp"

namespace cadenza::actors {

namespace keys = config::keys;

namespace {

rules_ptr make_rules(const config::snapshot& now, const workflow::domain_view& domain,
                     std::shared_ptr<const workflow::attribute_types> attributes) {
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
  out->pending_activities_warn = whole(keys::limit_pending_activity_count_warn);
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
  out->normal_schedule_to_start_max_attempts = whole(keys::history_normal_decision_schedule_to_start_max_attempts);
  out->normal_schedule_to_start_timeout_s =
      static_cast<int>(seconds(keys::history_normal_decision_schedule_to_start_timeout));
  out->activity_max_schedule_to_start_for_retry_s =
      static_cast<int>(seconds(keys::history_activity_max_schedule_to_start_timeout_for_retry));
  out->local_dispatch_enabled = now.get(keys::history_enable_activity_local_dispatch_by_domain, about);
  out->lengths.domain = whole(keys::limit_domain_name_length);
  out->lengths.workflow_id = whole(keys::limit_workflow_id_length);
  out->lengths.workflow_type = whole(keys::limit_workflow_type_length);
  out->lengths.signal_name = whole(keys::limit_signal_name_length);
  out->lengths.task_list = whole(keys::limit_task_list_name_length);
  out->lengths.activity_id = whole(keys::limit_activity_id_length);
  out->lengths.activity_type = whole(keys::limit_activity_type_length);
  out->lengths.marker_name = whole(keys::limit_marker_name_length);
  out->lengths.timer_id = whole(keys::limit_timer_id_length);
  out->lengths.warn = static_cast<int>(now.get(keys::limit_max_id_warn_length));
  out->search_attributes_max_keys = whole(keys::frontend_search_attributes_number_of_keys_limit);
  out->search_attributes_max_value = whole(keys::frontend_search_attributes_size_of_value_limit);
  out->search_attributes_max_total = whole(keys::frontend_search_attributes_total_size_limit);
  out->search_attribute_types = std::move(attributes);
  out->strong_idempotency = now.get(keys::history_enable_strong_idempotency, about);
  return out;
}

} // namespace

rules_ptr configured_rules::of(const workflow::domain_view& domain) const {
  const auto now = from_.current();
  const std::lock_guard guard(mutex_);
  if (now->version() != version_) {
    made_.clear();
    version_ = now->version();
  }
  auto& rules = made_[domain.id];
  if (!rules)
    rules = make_rules(*now, domain, attributes_.types());
  return rules;
}

} // namespace cadenza::actors
