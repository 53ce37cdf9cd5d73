#include "bridge/checks/validate_admin.hpp"

#include "messages/constants.hpp"
#include "messages/utf8.hpp"

#include <algorithm>
#include <cctype>
#include <set>

namespace cadenza::bridge {

namespace admin = uber::cadence::admin::v1;
namespace api = uber::cadence::api::v1;

namespace {
constexpr int partitions_max = 10'000;
constexpr int groups_max = 1000;
constexpr std::size_t group_name_max = 1000;

outcome<void> check_groups(const api::IsolationGroupConfiguration& groups) {
  if (groups.isolation_groups_size() > groups_max)
    return bad_request("There can be at most " + std::to_string(groups_max) + " isolation groups.");
  std::set<std::string> names;
  for (const auto& group : groups.isolation_groups()) {
    if (group.name().empty())
      return bad_request("An isolation group has no name.");
    if (group.name().size() > group_name_max)
      return bad_request("IsolationGroup length exceeds limit.");
    if (group.state() != api::ISOLATION_GROUP_STATE_HEALTHY && group.state() != api::ISOLATION_GROUP_STATE_DRAINED)
      return bad_request("Isolation group " + utf8::excerpt(group.name()) + " is neither healthy (1) nor drained (2).");
    if (!names.insert(group.name()).second)
      return bad_request("Isolation group " + utf8::excerpt(group.name()) + " is given twice.");
  }
  return {};
}

constexpr std::size_t attribute_name_length_max = 255;

bool is_attribute_name(const std::string& name) {
  return !name.empty() && std::isalpha(static_cast<unsigned char>(name.front())) != 0 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

/// What operators send goes into logs and answers: no name is longer than one can be.
outcome<void> check_lengths(const checks& rules, const std::string& domain, const api::WorkflowExecution& execution) {
  CADENZA_TRY(check_length(rules, domain, rules.max.domain_length_max, "Domain"));
  return check_length(rules, execution.workflow_id(), rules.max.workflow_id_length_max, "WorkflowID");
}

/// Most calls about one run need no more than this.
template <class Request> outcome<workflow::domain_ptr> check_run(const checks& rules, const Request& request) {
  CADENZA_TRY(check_execution(request.has_workflow_execution(), request.workflow_execution()));
  CADENZA_TRY(check_lengths(rules, request.domain(), request.workflow_execution()));
  return find_domain(rules, request.domain());
}

} // namespace

outcome<workflow::domain_ptr> check(const checks& rules, const admin::DescribeWorkflowExecutionRequest& request) {
  return check_run(rules, request);
}

outcome<workflow::domain_ptr> check(const checks& rules, const admin::UpdateTaskListPartitionConfigRequest& request) {
  auto domain = find_domain(rules, request.domain());
  if (!domain)
    return domain;
  if (!request.has_task_list())
    return bad_request("TaskList is not set on request.");
  CADENZA_TRY(check_length(rules, request.task_list().name(), rules.max.task_list_length_max, "TaskList"));
  if (request.task_list().kind() == api::TASK_LIST_KIND_INVALID)
    return bad_request("Task list kind not set.");
  if (request.task_list().kind() != api::TASK_LIST_KIND_NORMAL)
    return bad_request("Only normal tasklist's partition config can be updated.");
  if (request.task_list_type() == api::TASK_LIST_TYPE_INVALID)
    return bad_request("Task list type not set.");
  if (!request.has_partition_config())
    return bad_request("Task list partition config is not set in the request.");
  const auto& config = request.partition_config();
  if (config.write_partitions_size() > config.read_partitions_size())
    return bad_request("The number of write partitions cannot be larger than the number of read partitions.");
  if (config.write_partitions_size() <= 0)
    return bad_request("The number of partitions must be larger than 0.");
  if (config.read_partitions_size() > partitions_max)
    return bad_request("A task list cannot have more than " + std::to_string(partitions_max) + " partitions.");
  if (!config.read_partitions().contains(0) || !config.write_partitions().contains(0))
    return bad_request("Partition 0 must be among the read and the write partitions.");
  for (const auto& [id, partition] : config.read_partitions()) {
    if (id < 0 || id >= partitions_max)
      return bad_request("Ids of partitions must be between 0 and " + std::to_string(partitions_max - 1) + ".");
  }
  for (const auto& [id, partition] : config.write_partitions()) {
    if (!config.read_partitions().contains(id))
      return bad_request("Write partition " + std::to_string(id) + " is not among the read partitions.");
  }
  if (request.task_list().name().starts_with(reserved_task_list_prefix))
    return bad_request("Only root partition's partition config can be updated.");
  return domain;
}

outcome<workflow::domain_ptr> check(const checks& rules, const admin::RefreshWorkflowTasksRequest& request) {
  return check_run(rules, request);
}

outcome<void> check(const checks& rules, const admin::DescribeHistoryHostRequest& request) {
  if (request.describe_by_case() == admin::DescribeHistoryHostRequest::DESCRIBE_BY_NOT_SET)
    return bad_request("Request is nil.");
  if (!request.has_workflow_execution())
    return {};
  CADENZA_TRY(check_execution(true, request.workflow_execution()));
  return check_lengths(rules, {}, request.workflow_execution());
}

outcome<void> check(const checks&, const admin::UpdateGlobalIsolationGroupsRequest& request) {
  return check_groups(request.isolation_groups());
}

outcome<void> check(const checks&, const admin::UpdateDomainIsolationGroupsRequest& request) {
  CADENZA_TRY(check_domain_set(request.domain()));
  if (!request.has_isolation_groups())
    return bad_request("invalid request, isolationGroup configuration must be set");
  return check_groups(request.isolation_groups());
}

outcome<void> check(const checks&, const admin::UpdateDomainAsyncWorkflowConfiguratonRequest& request) {
  return check_domain_set(request.domain());
}

outcome<void> check(const checks& rules, const admin::AddSearchAttributeRequest& request) {
  if (rules.max.admin_protected && request.security_token() != rules.max.admin_token)
    return bad_request("No permission to do this operation.");
  if (request.search_attribute().empty())
    return bad_request("SearchAttributes are not provided");
  for (const auto& [key, type] : request.search_attribute()) {
    CADENZA_TRY(check_length(rules, key, attribute_name_length_max, "Key"));
    if (!is_attribute_name(key))
      return bad_request("Key [" + utf8::excerpt(key) +
                         "] is no name of a search attribute: letters, digits and '_' after a letter");
    if (type <= api::INDEXED_VALUE_TYPE_INVALID || type > api::INDEXED_VALUE_TYPE_DATETIME)
      return bad_request("Unknown value type, " + std::to_string(type));
  }
  return {};
}

outcome<workflow::domain_ptr> check(const checks& rules, const admin::DeleteWorkflowRequest& request) {
  return check_run(rules, request);
}

outcome<workflow::domain_ptr> check(const checks& rules, const admin::MaintainCorruptWorkflowRequest& request) {
  if (!request.has_workflow_execution())
    return bad_request("Execution is missing");
  return check_run(rules, request);
}

outcome<workflow::domain_ptr> check(const checks& rules,
                                    const admin::GetWorkflowExecutionRawHistoryV2Request& request) {
  if (request.workflow_execution().workflow_id().empty())
    return bad_request("Invalid WorkflowID.");
  if (!uuid::parse(request.workflow_execution().run_id()))
    return bad_request("Invalid RunID.");
  if (request.page_size() <= 0)
    return bad_request("Invalid PageSize.");
  CADENZA_TRY(check_lengths(rules, request.domain(), request.workflow_execution()));
  return find_domain(rules, request.domain());
}

namespace {

template <class Request> outcome<void> check_queue(const Request& request) {
  if (request.task_type() == admin::TASK_TYPE_INVALID)
    return bad_request("Request is nil.");
  if (request.cluster_name().empty())
    return bad_request("Cluster name is not set.");
  return {};
}

} // namespace

outcome<void> check(const checks&, const admin::RemoveTaskRequest& request) {
  if (request.task_type() == admin::TASK_TYPE_INVALID)
    return bad_request("Request is nil.");
  return {};
}

outcome<void> check(const checks&, const admin::ResetQueueRequest& request) { return check_queue(request); }

outcome<void> check(const checks&, const admin::DescribeQueueRequest& request) { return check_queue(request); }

} // namespace cadenza::bridge
