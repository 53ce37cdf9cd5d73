#include "bridge/checks/configured.hpp"

#include "config/rates.hpp"
#include "config/scalar.hpp"
#include "workflow/search_attributes.hpp"

#include <algorithm>
#include <array>

namespace cadenza::bridge {

namespace keys = config::keys;

namespace {

/// The lower of two limits. One host has the share of the whole cluster.
double lower(double a, double b) { return a == 0 ? b : b == 0 ? a : std::min(a, b); }

std::size_t length(const config::snapshot& now, config::key<std::int64_t> which, const config::filters& about) {
  return static_cast<std::size_t>(now.get(which, about));
}

} // namespace

limits limits_of(const config::snapshot& now, const std::string& domain) {
  config::filters about;
  about.domain = domain;
  const auto whole = [&](config::key<std::int64_t> which) { return static_cast<int>(now.get(which, about)); };
  limits out;
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
std::array<rate_settings::budget, 5> budgets_of(const config::snapshot& now, std::string_view domain,
                                                std::string_view task_list) {
  config::filters about;
  about.domain = domain;
  const auto domain_rate = [&](config::key<std::int64_t> local, config::key<std::int64_t> global) {
    return lower(config::rate(now, local, about), config::rate(now, global, about));
  };
  const double user = domain_rate(keys::frontend_domain_rps, keys::frontend_global_domain_rps);
  const double worker = domain_rate(keys::frontend_domain_worker_rps, keys::frontend_global_domain_worker_rps);
  const double lists = domain_rate(keys::frontend_domain_visibility_rps, keys::frontend_global_domain_visibility_rps);
  const double async = domain_rate(keys::frontend_domain_async_rps, keys::frontend_global_domain_async_rps);
  const double lists_read = config::rate(now, keys::frontend_visibility_list_max_qps, about);
  about.task_list = task_list;
  return {{{config::rate(now, keys::frontend_rps), user, config::rate(now, keys::frontend_task_list_rps, about)},
           {config::rate(now, keys::frontend_worker_rps), worker,
            config::rate(now, keys::frontend_task_list_worker_rps, about)},
           {config::rate(now, keys::frontend_visibility_rps), lists, 0},
           {config::rate(now, keys::frontend_async_rps), async,
            config::rate(now, keys::frontend_task_list_async_rps, about)},
           {0, lists_read, 0}}};
}

} // namespace

rate_settings rates_of(const config::snapshot_ptr& now) {
  const auto common = budgets_of(*now, {}, {});
  rate_settings out{common[0], common[1], common[2], common[3], common[4], {}};
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

validators validators_of(const config::dynamic_config& from, const actors::live_settings& live) {
  auto out = default_validators();
  out.search_attributes = [&from, &live](const uber::cadence::api::v1::SearchAttributes& given,
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
    return workflow::validate_search_attributes(given, *live.attribute_types(), most);
  };
  out.attribute_types = [&live] {
    const auto known = live.attribute_types();
    return std::map<std::string, uber::cadence::api::v1::IndexedValueType>(known->begin(), known->end());
  };
  return out;
}

} // namespace cadenza::bridge
