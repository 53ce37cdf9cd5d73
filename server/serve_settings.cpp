#include "server/serve_settings.hpp"

#include "config/scalar.hpp"
#include "workflow/search_attributes.hpp"

#include <algorithm>
#include <array>

namespace cadenza {

namespace keys = config::keys;

namespace {

/// The reference system writes "no limit" as the largest 32-bit number; the limiter as 0. A limit of 0 lets nothing
/// through, or as good as.
double rate(const config::snapshot& now, config::key<std::int64_t> which, const config::filters& about = {}) {
  constexpr double as_good_as_none = 1e-3;
  const auto value = now.get(which, about);
  return value >= INT32_MAX ? 0 : std::max(static_cast<double>(value), as_good_as_none);
}

/// The lower of two limits. One host has the share of the whole cluster.
double lower(double a, double b) { return a == 0 ? b : b == 0 ? a : std::min(a, b); }

std::size_t length(const config::snapshot& now, config::key<std::int64_t> which, const config::filters& about) {
  return static_cast<std::size_t>(now.get(which, about));
}

} // namespace

bridge::limits limits_of(const config::snapshot& now, const std::string& domain) {
  config::filters about;
  about.domain = domain;
  const auto whole = [&](config::key<std::int64_t> which) { return static_cast<int>(now.get(which, about)); };
  bridge::limits out;
  out.blob_size_warn = now.get(keys::limit_blob_size_warn, about);
  out.poll_delay_max_ns = now.get(keys::frontend_max_worker_poll_delay, about).count();
  out.id_length_warn = length(now, keys::limit_max_id_warn_length, {});
  out.blob_size_max = now.get(keys::limit_blob_size_error, about);
  out.domain_length_max = length(now, keys::limit_domain_name_length, about);
  out.identity_length_max = length(now, keys::limit_identity_length, about);
  out.workflow_id_length_max = length(now, keys::limit_workflow_id_length, about);
  out.signal_name_length_max = length(now, keys::limit_signal_name_length, about);
  out.workflow_type_length_max = length(now, keys::limit_workflow_type_length, about);
  out.request_id_length_max = length(now, keys::limit_request_id_length, about);
  out.task_list_length_max = length(now, keys::limit_task_list_name_length, about);
  out.retention_days_min = whole(keys::system_min_retention_days);
  out.retention_days_max = whole(keys::system_max_retention_days);
  out.decision_results_max = whole(keys::frontend_decision_result_count_limit);
  out.history_page_size = whole(keys::frontend_history_max_page_size);
  out.visibility_page_size = whole(keys::frontend_visibility_max_page_size);
  out.visibility_window_max = whole(keys::frontend_es_index_max_result_window);
  out.list_by_filter_disallowed = now.get(keys::frontend_disable_list_visibility_by_filter, about);
  out.query_disallowed = now.get(keys::system_disallow_query, about);
  out.client_version_checked = now.get(keys::frontend_enable_client_version_check);
  out.locked_down = now.get(keys::system_lockdown);
  out.failover_timeout_max_s = whole(keys::frontend_max_failover_timeout_in_seconds);
  for (const auto& [key, required] : now.get(keys::system_required_domain_data_keys).entries)
    if (config::parse_bool(required.text).value_or(false))
      out.domain_data_required.push_back(key);
  for (const auto& type : now.get(keys::system_rate_limiter_bypass_caller_types).items)
    out.caller_types_unlimited.push_back(type.text);
  out.admin_protected = now.get(keys::history_enable_admin_protection);
  out.admin_token = std::string(now.get(keys::history_admin_operation_token));
  out.search_enabled = true;
  return out;
}

bool limits_differ(const config::snapshot& now) {
  // Whatever is restricted to a domain may be a limit; few installations restrict anything.
  const auto all = config::dynamic_keys();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!now.values(i).empty() && (all[i].name.starts_with("limit.") || all[i].name.starts_with("frontend.") ||
                                   all[i].name.starts_with("system.")))
      return true;
  return false;
}

namespace {

/// The limits of one domain and one of its task lists; those of the host are the same for all.
std::array<bridge::rate_settings::budget, 5> budgets_of(const config::snapshot& now, std::string_view domain,
                                                        std::string_view task_list) {
  config::filters about;
  about.domain = domain;
  const auto domain_rate = [&](config::key<std::int64_t> local, config::key<std::int64_t> global) {
    return lower(rate(now, local, about), rate(now, global, about));
  };
  const double user = domain_rate(keys::frontend_domain_rps, keys::frontend_global_domain_rps);
  const double worker = domain_rate(keys::frontend_domain_worker_rps, keys::frontend_global_domain_worker_rps);
  const double lists = domain_rate(keys::frontend_domain_visibility_rps, keys::frontend_global_domain_visibility_rps);
  const double async = domain_rate(keys::frontend_domain_async_rps, keys::frontend_global_domain_async_rps);
  const double lists_read = rate(now, keys::frontend_visibility_list_max_qps, about);
  about.task_list = task_list;
  return {{{rate(now, keys::frontend_rps), user, rate(now, keys::frontend_task_list_rps, about)},
           {rate(now, keys::frontend_worker_rps), worker, rate(now, keys::frontend_task_list_worker_rps, about)},
           {rate(now, keys::frontend_visibility_rps), lists, 0},
           {rate(now, keys::frontend_async_rps), async, rate(now, keys::frontend_task_list_async_rps, about)},
           {0, lists_read, 0}}};
}

} // namespace

bridge::rate_settings rates_of(const config::snapshot_ptr& now) {
  const auto common = budgets_of(*now, {}, {});
  bridge::rate_settings out{common[0], common[1], common[2], common[3], common[4], {}};
  constexpr std::array restrictable{keys::frontend_domain_rps,
                                    keys::frontend_domain_worker_rps,
                                    keys::frontend_domain_visibility_rps,
                                    keys::frontend_domain_async_rps,
                                    keys::frontend_global_domain_rps,
                                    keys::frontend_global_domain_worker_rps,
                                    keys::frontend_task_list_rps,
                                    keys::frontend_global_domain_visibility_rps,
                                    keys::frontend_task_list_worker_rps,
                                    keys::frontend_task_list_async_rps,
                                    keys::frontend_global_domain_async_rps,
                                    keys::frontend_visibility_list_max_qps};
  if (std::any_of(restrictable.begin(), restrictable.end(),
                  [&](const auto& key) { return !now->values(key.index).empty(); }))
    out.of = [now](std::size_t stage, std::string_view domain, std::string_view task_list) {
      return budgets_of(*now, domain, task_list)[stage];
    };
  return out;
}

actors::domain_limits domain_limits_of(const config::snapshot& now, const std::string& domain) {
  config::filters about;
  about.domain = domain;
  actors::domain_limits out;
  out.min_retention_days = static_cast<int>(now.get(keys::system_min_retention_days));
  out.max_retention_days = static_cast<int>(now.get(keys::system_max_retention_days));
  out.max_bad_binaries = static_cast<int>(now.get(keys::frontend_max_bad_binaries, about));
  out.cool_down_ns = now.get(keys::frontend_failover_cool_down, about).count();
  out.failover_history_max = static_cast<int>(now.get(keys::frontend_failover_history_max_size, about));
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
  out.any = is_limit(now, keys::matching_rps) || is_limit(now, keys::matching_worker_rps) ||
            is_limit(now, keys::matching_domain_rps) || is_limit(now, keys::matching_domain_worker_rps);
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

void set_request_rates(actors::local_engine& of, const config::snapshot_ptr& now) {
  const auto rates = [](const config::snapshot& from, std::string_view domain) {
    config::filters about;
    about.domain = domain;
    return actors::request_rates{rate(from, keys::history_rps),
                                 rate(from, keys::history_workflow_id_external_rps, about),
                                 rate(from, keys::history_workflow_id_internal_rps, about)};
  };
  const bool differ = !now->values(keys::history_workflow_id_external_rps.index).empty() ||
                      !now->values(keys::history_workflow_id_internal_rps.index).empty();
  actors::request_gate::rates_of by_domain;
  if (differ)
    by_domain = [now, rates](std::string_view domain) { return rates(*now, domain); };
  of.set_request_rates(rates(*now, {}), std::move(by_domain));
}

actors::live_sources live_sources_of(const config::dynamic_config& from, const attribute_book& attributes) {
  const auto about = [](const workflow::domain_view& domain) {
    config::filters out;
    out.domain = domain.name;
    return out;
  };
  actors::live_sources out;
  out.poll_ns = [&from](const workflow::domain_view& domain, const std::string& list, int type) {
    config::filters one;
    one.domain = domain.name;
    one.task_list = list;
    one.task_type = type;
    return from.current()->get(keys::matching_long_poll_expiration_interval, one).count();
  };
  out.history_poll_ns = [&from, about](const workflow::domain_view& domain) {
    return from.current()->get(keys::history_long_poll_expiration_interval, about(domain)).count();
  };
  out.history_page_max = [&from, about](const workflow::domain_view& domain) {
    return static_cast<int>(from.current()->get(keys::frontend_history_max_page_size, about(domain)));
  };
  out.raw_history = [&from, about](const workflow::domain_view& domain) {
    return from.current()->get(keys::frontend_send_raw_workflow_history, about(domain));
  };
  out.sticky_queries = [&from, about](const workflow::domain_view& domain) {
    return from.current()->get(keys::system_enable_sticky_query, about(domain));
  };
  out.consistent_query = [&from, about](const workflow::domain_view& domain) {
    const auto now = from.current();
    return now->get(keys::history_enable_consistent_query) &&
           now->get(keys::history_enable_consistent_query_by_domain, about(domain));
  };
  out.buffered_queries_max = [&from] {
    return static_cast<int>(from.current()->get(keys::history_max_buffered_query_count));
  };
  out.admin_allowed = [&from](const std::string& token) {
    const auto now = from.current();
    return !now->get(keys::history_enable_admin_protection) || token == now->get(keys::history_admin_operation_token);
  };
  out.attribute_types = [&attributes] { return attributes.types(); };
  return out;
}

bridge::validators validators_of(const config::dynamic_config& from, const attribute_book& attributes) {
  auto out = bridge::default_validators();
  out.search_attributes = [&from, &attributes](const uber::cadence::api::v1::SearchAttributes& given,
                                               std::string_view domain) -> outcome<void> {
    if (given.indexed_fields().empty())
      return {};
    config::filters about;
    about.domain = domain;
    const auto now = from.current();
    workflow::attribute_limits most;
    most.keys_max = static_cast<int>(now->get(keys::frontend_search_attributes_number_of_keys_limit, about));
    most.value_bytes_max = now->get(keys::frontend_search_attributes_size_of_value_limit, about);
    most.total_bytes_max = now->get(keys::frontend_search_attributes_total_size_limit, about);
    return workflow::validate_search_attributes(given, *attributes.types(), most);
  };
  out.attribute_types = [&attributes] {
    const auto known = attributes.types();
    return std::map<std::string, uber::cadence::api::v1::IndexedValueType>(known->begin(), known->end());
  };
  return out;
}

} // namespace cadenza
