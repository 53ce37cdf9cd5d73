#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cadenza::bridge {

/// What a request may carry at most, and which defaults are filled in. Read from the dynamic configuration by
/// `limits_of`; what stands here are its defaults, for tests. Lengths are bytes.
struct limits {
  std::int64_t blob_size_warn = 256 << 10; ///< limit.blobSize.warn: larger ones are noted
  std::int64_t blob_size_max = 2 << 20;    ///< limit.blobSize.error
  std::size_t id_length_warn = 128;        ///< limit.maxIDWarnLength: longer ones are noted
  std::size_t domain_length_max = 1000;
  std::size_t identity_length_max = 1000;
  std::size_t workflow_id_length_max = 1000;
  std::size_t signal_name_length_max = 1000;
  std::size_t workflow_type_length_max = 1000;
  std::size_t request_id_length_max = 1000;
  std::size_t task_list_length_max = 1000;

  int retention_days_min = 1;
  int retention_days_max = 30;
  int decision_results_max = 0; ///< frontend.decisionResultCountLimit; 0: no limit
  int history_page_size = 1000; ///< default page of GetWorkflowExecutionHistory
  int history_page_size_max = 1000;
  int visibility_page_size = 1000;    ///< default page of the lists
  int visibility_window_max = 10'000; ///< largest page of the lists when search is on
  int archived_page_size_max = 10'000;
  std::int64_t poll_deadline_min_ns = 2'000'000'000; ///< polls with less time left are refused
  std::int64_t poll_delay_max_ns = 0; ///< frontend.maxWorkerPollDelay: how long a poll may wait for a token

  bool search_enabled = false;   ///< lists by query work; also tells DescribeCluster's advancedVisibilityEnabled
  bool query_disallowed = false; ///< system.disallowQuery
  bool list_by_filter_disallowed = false; ///< frontend.disableListVisibilityByFilter
  bool client_version_checked = true;     ///< frontend.enableClientVersionCheck

  bool locked_down = false;         ///< system.Lockdown: failovers are refused
  int failover_timeout_max_s = 300; ///< frontend.maxFailoverTimeoutInSeconds

  std::vector<std::string> domain_data_required;   ///< system.requiredDomainDataKeys
  std::vector<std::string> caller_types_unlimited; ///< system.rateLimiterBypassCallerTypes

  bool admin_protected = false; ///< history.enableAdminProtection: domain changes need the token below
  std::string admin_token = "CadenceTeamONLY";

  bool operator==(const limits&) const = default;
};

} // namespace cadenza::bridge
