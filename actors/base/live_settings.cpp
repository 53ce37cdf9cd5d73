#include "actors/base/live_settings.hpp"

#include <algorithm>
#include <climits>

namespace cadenza::actors {

namespace keys = config::keys;

namespace {

config::filters about(const workflow::domain_view& domain) {
  config::filters out;
  out.domain = domain.name;
  return out;
}

config::filters about(const workflow::domain_view& domain, const std::string& list, int type) {
  auto out = about(domain);
  out.task_list = list;
  out.task_type = type;
  return out;
}

/// Whether any value of a rate is a limit.
bool is_limit(const config::snapshot& now, config::key<std::int64_t> which) {
  return now.unrestricted(which.index).integer < INT32_MAX || !now.values(which.index).empty();
}

} // namespace

std::int64_t live_settings::poll_ns(const workflow::domain_view& domain, const std::string& list, int type) const {
  return now()->get(keys::matching_long_poll_expiration_interval, about(domain, list, type)).count();
}

std::int64_t live_settings::history_poll_ns(const workflow::domain_view& domain) const {
  return now()->get(keys::history_long_poll_expiration_interval, about(domain)).count();
}

int live_settings::history_page_max(const workflow::domain_view& domain) const {
  return static_cast<int>(now()->get(keys::frontend_history_max_page_size, about(domain)));
}

bool live_settings::sends_raw_history(const workflow::domain_view& domain) const {
  return now()->get(keys::frontend_send_raw_workflow_history, about(domain));
}

bool live_settings::sticky_queries(const workflow::domain_view& domain) const {
  return now()->get(keys::system_enable_sticky_query, about(domain));
}

bool live_settings::consistent_query(const workflow::domain_view& domain) const {
  const auto at = now();
  return at->get(keys::history_enable_consistent_query) &&
         at->get(keys::history_enable_consistent_query_by_domain, about(domain));
}

int live_settings::buffered_queries_max() const {
  return static_cast<int>(now()->get(keys::history_max_buffered_query_count));
}

bool live_settings::admin_allowed(const std::string& token) const {
  const auto at = now();
  return !at->get(keys::history_enable_admin_protection) || token == at->get(keys::history_admin_operation_token);
}

domain_limits live_settings::limits_of_domain(const std::string& domain) const {
  const auto at = now();
  config::filters filters;
  filters.domain = domain;
  domain_limits out;
  out.min_retention_days = static_cast<int>(at->get(keys::system_min_retention_days));
  out.max_retention_days = static_cast<int>(at->get(keys::system_max_retention_days));
  out.max_bad_binaries = static_cast<int>(at->get(keys::frontend_max_bad_binaries, filters));
  out.cool_down_ns = at->get(keys::frontend_failover_cool_down, filters).count();
  out.failover_history_max = static_cast<int>(at->get(keys::frontend_failover_history_max_size, filters));
  return out;
}

bool live_settings::isolated(const workflow::domain_view& domain) const {
  return now()->get(keys::system_enable_task_list_isolation, about(domain));
}

bool live_settings::drained(const std::string&) const { return false; }

list_settings live_settings::of_list(const workflow::domain_view& domain, const std::string& list, int type) const {
  const auto at = now();
  const auto filters = about(domain, list, type);
  const auto whole = [&](config::key<std::int64_t> which) {
    return static_cast<int>(std::min<std::int64_t>(at->get(which, filters), INT32_MAX));
  };
  const auto time = [&](config::key<std::chrono::nanoseconds> which) { return at->get(which, filters).count(); };
  list_settings out;
  out.read_partitions = whole(keys::matching_num_task_list_read_partitions);
  out.write_partitions = whole(keys::matching_num_task_list_write_partitions);
  out.random_spread = at->get(keys::system_task_list_load_balancer_strategy, filters) == "random";
  out.forwarded_polls_max = whole(keys::matching_forwarder_max_outstanding_polls);
  out.forwarded_tasks_max = whole(keys::matching_forwarder_max_outstanding_tasks);
  out.forwarded_rate = static_cast<double>(at->get(keys::matching_forwarder_max_rate_per_second, filters));
  out.forward_degree = whole(keys::matching_forwarder_max_children_per_node);
  out.local_poll_ns = time(keys::matching_local_poll_wait_time);
  out.local_task_ns = time(keys::matching_local_task_wait_time);
  out.override_rate = at->get(keys::matching_override_task_list_rps, filters);
  out.burst_min = whole(keys::matching_min_task_throttling_burst_size);
  out.sync_match = at->get(keys::matching_enable_sync_match, filters);
  out.read_batch = static_cast<std::size_t>(whole(keys::matching_get_tasks_batch_size));
  out.write_batch = static_cast<std::size_t>(whole(keys::matching_max_task_batch_size));
  out.idle_ns = time(keys::matching_max_task_list_idle_time);
  out.ack_interval_ns = time(keys::matching_update_ack_interval);
  out.client_auto_config = at->get(keys::matching_enable_client_auto_config, filters);
  out.isolation_wait_ns = time(keys::matching_task_isolation_duration);
  out.isolation_window_ns = time(keys::matching_task_isolation_poller_window);
  return out;
}

matching_rates live_settings::list_rates(const workflow::domain_view* domain) const {
  const auto at = now();
  const auto filters = domain != nullptr ? about(*domain) : config::filters();
  const auto rate_of = [&](config::key<std::int64_t> which) {
    const auto value = at->get(which, filters);
    return value >= INT32_MAX ? 0 : static_cast<double>(value);
  };
  matching_rates out;
  out.any = is_limit(*at, keys::matching_rps) || is_limit(*at, keys::matching_worker_rps) ||
            is_limit(*at, keys::matching_domain_rps) || is_limit(*at, keys::matching_domain_worker_rps);
  out.host = rate_of(keys::matching_rps);
  out.host_worker = rate_of(keys::matching_worker_rps);
  out.domain = rate_of(keys::matching_domain_rps);
  out.domain_worker = rate_of(keys::matching_domain_worker_rps);
  return out;
}

} // namespace cadenza::actors
